"""Exceptions for requests that are not carried out. Their texts are for the sender."""

from http import HTTPStatus


class InvalidInput(ValueError):
    """The input is wrong whatever the map looks like: `problem` says how, `field` where."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def shown_key(key: object) -> str:
    """Return a key of a JSON object as errors name it: cut, and visible if it is empty."""
    return str(key)[:40] or '""'


class Rejected(Exception):
    """The request is understood, and may not be carried out now.

    `more` holds further fields of the reply, such as the seq of an earlier update.
    """

    status = HTTPStatus.CONFLICT

    def __init__(self, reason: str, **more: object) -> None:
        super().__init__(reason)
        self.more = more


class Forbidden(Rejected):
    """The user lacks the permission."""

    status = HTTPStatus.FORBIDDEN


class TooSoon(Rejected):
    """The request came too soon after another one. It may be repeated after some seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason, retry_after=seconds)


class NotFound(Rejected):
    """The object of the request does not exist, or no longer."""

    status = HTTPStatus.NOT_FOUND
