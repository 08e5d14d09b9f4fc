"""JSON requests to the API and the desk: reading them, and the replies to wrong ones."""

import json
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from broadcaster.domain.rejection import InvalidInput

MAX_BODY = 64 * 1024  # bytes
MAX_CLIENT_ID = 64  # characters

Reply = tuple[HTTPStatus, dict[str, Any]]
"""The status and the JSON object that answer a request."""


class BodyTooLarge(InvalidInput):
    def __init__(self) -> None:
        super().__init__("body", f"is larger than {MAX_BODY} bytes")


def read_body(request: HttpRequest) -> bytes:
    """Return the body of a request. Raises `BodyTooLarge` if Django refuses to load it."""
    try:
        return request.body
    except RequestDataTooBig:
        raise BodyTooLarge from None


def decode(body: bytes | str) -> dict[str, Any]:
    """Return the JSON object in a body. Raises `InvalidInput` on the field "body"."""
    if len(body) > MAX_BODY:
        raise BodyTooLarge
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", f"is not JSON: {str(error)[:80]}") from None
    if not isinstance(data, dict):
        raise InvalidInput("body", "is not a JSON object")
    return data


def invalid(error: InvalidInput) -> Reply:
    """Return the reply to invalid input: it names the field."""
    too_large = isinstance(error, BodyTooLarge)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
    return status, {"field": error.field, "error": error.problem}


def failure(status: HTTPStatus, error: str) -> Reply:
    """Return a reply with an error for people."""
    return status, {"error": error}


def client_id(value: object) -> str | None:
    """Return the idempotency key that a client gave its command, or None without one."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CLIENT_ID or not value.isascii():
        raise InvalidInput("client_id", f"is not 1 to {MAX_CLIENT_ID} ASCII characters")
    if not value.isprintable():
        raise InvalidInput("client_id", "has control characters")
    return value
