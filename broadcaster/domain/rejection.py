"""What is refused, and the HTTP status that says so. Pure."""

from http import HTTPStatus
from typing import Any


class Refused(Exception):
    """What was asked for may not be done now. Its text is written for who asked.

    `more` is what an answer tells beside the text, such as the seq of an earlier update.
    """

    status = HTTPStatus.CONFLICT

    def __init__(self, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.more = more


class Forbidden(Refused):
    """This user may not do it."""

    status = HTTPStatus.FORBIDDEN


class Missing(Refused):
    """What it speaks of does not exist, or no longer."""

    status = HTTPStatus.NOT_FOUND
