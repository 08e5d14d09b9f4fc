"""The commands of the desk, which come by the console's socket, by POST, or through the API.

A command is parsed once; from then on its arguments are typed. Its reply has the
result or the error; rejections are recorded in the audit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from broadcaster.desk import rundown, takes
from broadcaster.desk.permissions import check_access
from broadcaster.desk.requests import Reply, client_id, decode, reject, reply_or_unavailable
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.clock import MAX_TIME
from broadcaster.domain.parsing import MAX_TITLE, text, whole_number
from broadcaster.domain.rejection import InvalidInput, NotFound, Rejected, shown_key
from broadcaster.domain.show import Show
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor

NOT_TAKEN = "It is in the rundown, not taken."
REMOVED = "It was removed from the rundown and not taken."


@dataclass(frozen=True)
class Command:
    """`act(broadcast, *arguments, actor)`, and the reply for its outcome."""

    act: Callable[..., Any]
    arguments: tuple[str, ...]
    reply: Callable[[Any], Reply]


def handle_command(pk: int, read: Callable[[], bytes | str], actor: Actor) -> tuple[Any, Reply]:
    """Carry out a console's command for the broadcast `pk`, given as JSON.

    `read` returns the body and may raise `InvalidInput`. Returns the command's id, if it has one,
    and the reply: 503 if the database cannot be used.
    """
    data: dict[str, Any] = {}
    invalid: InvalidInput | None = None
    try:
        data = decode(read())  # first: without a database the reply has the command's id, too
    except InvalidInput as error:
        invalid = error

    def act() -> Reply:
        broadcast = Broadcast.objects.filter(pk=pk).first()
        try:
            if invalid is not None:
                raise invalid
            check_access(actor.user)
            if broadcast is None:
                raise NotFound("There is no such broadcast, or no longer.")
            return execute(broadcast, data, actor)
        except (Rejected, InvalidInput) as error:
            return reject(error, actor, broadcast)

    return data.get("id"), reply_or_unavailable(act)


def command_id_of(text: str) -> Any:
    """Return the id of a command in JSON, or None if it has none."""
    try:
        return decode(text).get("id")
    except InvalidInput:
        return None


def execute(broadcast: Broadcast, data: dict[str, Any], actor: Actor) -> Reply:
    """Carry out the command {"command", …arguments}.

    Replies: 2xx done; 202 {"cue", "waiting"} waits for approval; 400 {"field", "error"};
    403, 404 and 409 {"error", …}.
    """
    try:
        name, arguments = _parse(data, broadcast.show)
    except InvalidInput as error:
        return reject(error, actor, broadcast, str(data.get("command", ""))[:40])
    return run(broadcast, name, arguments, actor)


def run(broadcast: Broadcast, name: str, arguments: dict[str, Any], actor: Actor) -> Reply:
    """Carry out a command whose arguments are parsed. See `execute` for the replies."""
    command = COMMANDS[name]
    try:
        values = [arguments[name] for name in command.arguments]
        return command.reply(command.act(broadcast, *values, actor))
    except Rejected as error:
        cue = Cue.objects.filter(broadcast=broadcast, pk=arguments.get("cue", 0)).first()
        what = name
        if cue is not None:
            what += f" “{cue}”"
        elif "change" in arguments:
            what += f" “{describe(arguments['change'], broadcast.show)}”"
        return reject(error, actor, broadcast, what, cue)


def _parse(data: dict[str, Any], show: Show) -> tuple[str, dict[str, Any]]:
    """Return the command's name and its arguments, parsed. Raises `InvalidInput`."""
    name = data.get("command")
    if not isinstance(name, str) or name not in COMMANDS:
        raise InvalidInput("command", f"is not one of {', '.join(COMMANDS)}")
    expected = COMMANDS[name].arguments
    for key in data.keys() - {"command", "id", *expected}:
        raise InvalidInput(shown_key(key), f"is not an argument of the command {name}")
    parsers = ARGUMENTS | {"change": partial(parse_change, show=show)}
    return name, {key: parsers[key](data.get(key)) for key in expected}


def _number(field: str) -> Callable[[object], int]:
    return lambda value: whole_number(field, value, 1, 2**53 - 1, "a whole number above 0")


def _title(value: object) -> str:
    if title := text("title", value, MAX_TITLE):
        return title
    raise InvalidInput("title", "is empty")


def _time(value: object) -> datetime:
    what = "a time in milliseconds since 1970, before the year 2100"
    return datetime.fromtimestamp(whole_number("at", value, 1, MAX_TIME, what) / 1000, UTC)


ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "client_id": client_id,
    "title": _title,
    "cue": _number("cue"),
    "version": _number("version"),
    "before": lambda value: None if value is None else _number("before")(value),
    "at": _time,
}
"""How each argument but a change is parsed. The parsers raise `InvalidInput`."""


def reply_of_take(outcome: Publication | Cue) -> Reply:
    """Return the reply to a take: on air, or waiting in the rundown."""
    if isinstance(outcome, Publication):
        return HTTPStatus.CREATED, {"epoch": outcome.epoch, "seq": outcome.seq}
    words = REMOVED if outcome.removed_at else NOT_TAKEN
    if outcome.asked_by:
        words = "Another person must confirm it."
    return HTTPStatus.ACCEPTED, {"cue": outcome.pk, "waiting": words}


def _done(outcome: None) -> Reply:
    return HTTPStatus.OK, {}


COMMANDS = {
    "take": Command(takes.take, ("change", "client_id"), reply_of_take),
    "take_cue": Command(takes.take_cue, ("cue", "version", "client_id"), reply_of_take),
    "confirm": Command(takes.confirm, ("cue", "version", "client_id"), reply_of_take),
    "decline": Command(rundown.decline, ("cue",), _done),
    "undo_view": Command(takes.undo_view, ("client_id",), reply_of_take),
    "prepare": Command(
        rundown.prepare,
        ("title", "change", "client_id"),
        lambda cue: (HTTPStatus.CREATED, {"cue": cue.pk}),
    ),
    "edit": Command(
        rundown.edit,
        ("cue", "version", "title", "change"),
        lambda cue: (HTTPStatus.OK, {"cue": cue.pk, "version": cue.version}),
    ),
    "move": Command(rundown.move, ("cue", "before"), _done),
    "remove": Command(rundown.remove, ("cue",), _done),
    "schedule": Command(rundown.schedule, ("cue", "version", "at"), _done),
    "unschedule": Command(rundown.unschedule, ("cue",), _done),
}
