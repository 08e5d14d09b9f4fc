"""A model field for the typed values of broadcaster/domain."""

from typing import Any, Protocol

from django.db import models


class Value(Protocol):
    """A value that JSON can hold."""

    def to_dict(self) -> dict[str, object]: ...

    @classmethod
    def from_dict(cls, data: object) -> "Value": ...


class ValueField(models.JSONField):
    """A JSON column that code reads and writes as values of one type.

    Migrations see a plain JSONField, so they import nothing from the domain.
    """

    def __init__(self, value_type: type[Value] | None = None, **options: Any) -> None:
        self.value_type = value_type
        super().__init__(**options)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        data = super().from_db_value(value, expression, connection)
        return None if data is None or self.value_type is None else self.value_type.from_dict(data)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if self.value_type is not None and isinstance(value, self.value_type):
            value = value.to_dict()
        return super().get_db_prep_value(value, connection, prepared)

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options
