"""What comes from outside as JSON, for the API and the desk: read, or answered as wrong."""

import json
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from broadcaster.domain.change import InvalidChange

MAX_BODY = 64 * 1024  # bytes
MAX_CLIENT_ID = 64  # characters

Answer = tuple[HTTPStatus, dict[str, Any]]


class BodyTooLarge(InvalidChange):
    def __init__(self) -> None:
        super().__init__("body", f"is larger than {MAX_BODY} bytes")


def read_body(request: HttpRequest) -> bytes:
    """The body of a request. Raises `BodyTooLarge` where Django refuses to load it."""
    try:
        return request.body
    except RequestDataTooBig:
        raise BodyTooLarge from None


def decode(body: bytes | str) -> dict[str, Any]:
    """A JSON object from outside. Raises `InvalidChange` on the field "body"."""
    if len(body) > MAX_BODY:
        raise BodyTooLarge
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidChange("body", f"is not JSON: {str(error)[:80]}") from None
    if not isinstance(data, dict):
        raise InvalidChange("body", "is not a JSON object")
    return data


def invalid(error: InvalidChange) -> Answer:
    """The answer to what is wrong whatever the map looks like: it names the field."""
    too_large = isinstance(error, BodyTooLarge)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
    return status, {"field": error.field, "error": error.problem}


def refusal(status: HTTPStatus, error: str) -> Answer:
    return status, {"error": error}


def client_id(value: object) -> str | None:
    """The name that a client gave its command, so that sending it twice is doing it once."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CLIENT_ID or not value.isascii():
        raise InvalidChange("client_id", f"is not 1 to {MAX_CLIENT_ID} ASCII characters")
    if not value.isprintable():
        raise InvalidChange("client_id", "has control characters")
    return value
