"""The commands of the desk, whichever way they come: socket, post, or the API's take.

Untrusted arguments become something done, or an answer that says what is wrong. Whatever is
refused is in the audit: see `audit.refuse`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from broadcaster.desk import rundown, takes
from broadcaster.desk.audit import Actor, refuse
from broadcaster.desk.permissions import admit
from broadcaster.desk.requests import Answer, client_id, decode
from broadcaster.domain.change import Change, InvalidChange, parse_change, text
from broadcaster.domain.rejection import Missing, Refused
from broadcaster.models import Broadcast, Cue, Publication


@dataclass(frozen=True)
class Command:
    """`act(broadcast, *arguments, actor)`, and the answer that tells of its outcome."""

    act: Callable[..., Any]
    arguments: tuple[str, ...]
    answer: Callable[[Any], Answer]


def hear(pk: int, read: Callable[[], bytes | str], actor: Actor) -> tuple[Any, Answer]:
    """A command for the broadcast `pk` as JSON, at the console: its id, if it has one, and its
    answer."""
    broadcast, number = Broadcast.objects.filter(pk=pk).first(), None
    try:
        data = decode(read())
        number = data.get("id")
        admit(actor.user)
        if broadcast is None:
            raise Missing("There is no such broadcast, or no longer.")
        return number, perform(broadcast, data, actor)
    except (Refused, InvalidChange) as error:
        return number, refuse(error, actor, broadcast)


def perform(broadcast: Broadcast, data: dict[str, Any], actor: Actor) -> Answer:
    """Do the command {"command", …arguments} for `actor`.

    2xx: done; 202 {"cue", "waiting"}: a second person must confirm. 400 {"field", "error"};
    403, 404 and 409 {"error", …}.
    """
    try:
        command, values = _read(data)
    except InvalidChange as error:
        return refuse(error, actor, broadcast, str(data.get("command", ""))[:40])
    try:
        return command.answer(command.act(broadcast, *values, actor))
    except Refused as error:
        cue = Cue.objects.filter(broadcast=broadcast, pk=data.get("cue", 0)).first()
        what = [cue] if cue else [takes.describe(v) for v in values if isinstance(v, Change)]
        words = "".join(f" “{one}”" for one in what)
        return refuse(error, actor, broadcast, f"{data['command']}{words}", cue)


def _read(data: dict[str, Any]) -> tuple[Command, list[Any]]:
    """The command and its arguments in order. Raises `InvalidChange`."""
    name = data.get("command")
    if not isinstance(name, str) or name not in COMMANDS:
        raise InvalidChange("command", f"is not one of {', '.join(COMMANDS)}")
    command = COMMANDS[name]
    for key in data.keys() - {"command", "id", *command.arguments}:
        raise InvalidChange(str(key)[:40], f"is not known to the command {name}")
    return command, [READ[key](data.get(key)) for key in command.arguments]


def _number(field: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
            raise InvalidChange(field, "is not a whole number above 0")
        return value

    return read


def _title(value: object) -> str:
    if title := text("title", value, takes.TITLE):
        return title
    raise InvalidChange("title", "is empty")


def _moment(value: object) -> datetime:
    try:
        return datetime.fromtimestamp(_number("at")(value) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidChange("at", "is not a time in milliseconds since 1970") from None


READ: dict[str, Callable[[Any], Any]] = {
    "change": parse_change,
    "client_id": client_id,
    "title": _title,
    "cue": _number("cue"),
    "version": _number("version"),
    "before": lambda value: None if value is None else _number("before")(value),
    "at": _moment,
}
"""How each argument is read. They raise `InvalidChange`."""


NOT_TAKEN = "It is in the rundown, not taken."


def on_air(outcome: Publication | Cue) -> Answer:
    """What became of a take."""
    if isinstance(outcome, Publication):
        return HTTPStatus.CREATED, {"epoch": outcome.epoch, "seq": outcome.seq}
    words = NOT_TAKEN
    if outcome.asked_by:
        words = f"A second person must confirm what {outcome.asked_by} took."
    return HTTPStatus.ACCEPTED, {"cue": outcome.pk, "waiting": words}


def _done(outcome: None) -> Answer:
    return HTTPStatus.OK, {}


COMMANDS = {
    "take": Command(takes.take, ("change", "client_id"), on_air),
    "take_cue": Command(takes.take_cue, ("cue", "version", "client_id"), on_air),
    "confirm": Command(takes.confirm, ("cue", "client_id"), on_air),
    "decline": Command(takes.decline, ("cue",), _done),
    "undo_view": Command(takes.undo_view, ("client_id",), on_air),
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
