"""The actor of a request."""

from typing import Any, NamedTuple

from broadcaster.models.log import name_of


class Actor(NamedTuple):
    """The user who acts, the way (one of `Via`), and the client's IP address.

    `user` is None for the command line and the schedule.
    """

    user: Any
    via: str
    address: str | None = None

    def __str__(self) -> str:
        return name_of(self.user, self.via)
