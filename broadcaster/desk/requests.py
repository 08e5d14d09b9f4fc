"""JSON requests to the API and the desk: reading them, and the replies to rejected ones."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import django.db
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from broadcaster.domain.rejection import InvalidInput, Rejected, TooSoon
from broadcaster.layer.outage import Outage
from broadcaster.models import Broadcast, Cue
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry

MAX_BODY = 64 * 1024  # bytes
MAX_CLIENT_ID = 64  # characters
MAX_REJECTION = 1000  # characters of an audit entry that quotes a request

NOT_DONE = "Not done: the database cannot be used now. Try again in a moment."
NOT_KNOWN = "The database does not answer: done or not is not known. Look at the log in a moment."
RETRY_AFTER = 3  # seconds, in the Retry-After header of this answer

Reply = tuple[HTTPStatus, dict[str, Any]]
"""The status and the JSON object that answer a request."""

_database = Outage("desk: the database")


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
        data = json.loads(body, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", f"is not JSON: {str(error)[:80]}") from None
    if not isinstance(data, dict):
        raise InvalidInput("body", "is not a JSON object")
    return data


def _reject_constant(name: str) -> None:
    """Reject NaN and Infinity, which Python reads, and which are no JSON."""
    raise ValueError(name)


def reject(
    error: Rejected | InvalidInput,
    actor: Actor,
    broadcast: Broadcast | None,
    what: str = "",
    cue: Cue | None = None,
) -> Reply:
    """Record a rejection in the audit and return the reply to its sender.

    The entry has the words of the reply, after `what` was tried. Anonymous requests and those that
    came too soon are not recorded: they would fill the table.
    """
    if actor.user.is_authenticated and not isinstance(error, TooSoon):
        words = f"{what}: {error}" if what else str(error)
        # Field names come from the request: cut them, and drop what a database refuses.
        clean = words[:MAX_REJECTION].replace("\0", "").encode(errors="replace").decode()
        add_entry(actor, "refused", broadcast, clean, cue=cue)
    if isinstance(error, BodyTooLarge):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"field": error.field, "error": error.problem}
    if isinstance(error, InvalidInput):
        return HTTPStatus.BAD_REQUEST, {"field": error.field, "error": error.problem}
    return error.status, {"error": str(error), **error.more}


def failure(status: HTTPStatus, error: str) -> Reply:
    """Return a reply with an error for people."""
    return status, {"error": error}


def reply_or_unavailable(act: Callable[[], Reply]) -> Reply:
    """Return the reply of `act`, or 503 if the database cannot be read or written.

    A connection that is lost during a commit leaves open whether it was done. Trying again with
    the same idempotency key is right in either case.
    """
    try:
        reply = act()
    except (django.db.IntegrityError, django.db.DataError):
        raise  # a mistake in the code, not of the database
    except django.db.Error as error:
        return unavailable(error)
    if reply[0] < HTTPStatus.BAD_REQUEST:  # an answer to a wrong request may need no database
        _database.end()
    return reply


def unavailable(error: django.db.Error) -> Reply:
    """Return the reply for a database that cannot be used, which is logged when it begins."""
    _database.begin(error)
    return failure(HTTPStatus.SERVICE_UNAVAILABLE, NOT_DONE)


def not_known() -> Reply:
    """Return the reply for a database that has not answered in time, and may do so yet."""
    return failure(HTTPStatus.SERVICE_UNAVAILABLE, NOT_KNOWN)


def client_id(value: object) -> str | None:
    """Return the idempotency key that a client gave its command, or None without one."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CLIENT_ID or not value.isascii():
        raise InvalidInput("client_id", f"is not 1 to {MAX_CLIENT_ID} ASCII characters")
    if not value.isprintable():
        raise InvalidInput("client_id", "has control characters")
    return value
