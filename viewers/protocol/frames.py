"""What is said between server and viewer: frames, close codes, times. Pure.

A frame is one JSON object, the same bytes over every transport. docs/protocol.md describes
each; static/viewers/session.js is the browser's side.
"""

import json
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from broadcaster.domain.stream import Position, Snapshot, Update

VERSION = 1
HEARTBEAT = 25.0  # seconds between frames when there is nothing to say, unless told otherwise
HEARTBEAT_SPREAD = 0.2  # each connection's own interval differs by up to this share
HEARTBEAT_GRACE = 10.0  # seconds after which a missed heartbeat means a dead connection
FIRST_FRAME = 5.0  # seconds a viewer waits for it before it calls the attempt failed
STUCK = 15.0  # seconds that a viewer's full socket is waited for
COME_BACK = (1, 10)  # seconds: the range a `bye` tells viewers to return in
DISMISSED = 1000  # viewers a second that a server sends away when it drains
MAX_MESSAGE = 1024  # bytes that a viewer may send, though none is ever wanted


class Close(IntEnum):
    """Why the server closes. 40xx: do not come back; 41xx: back off; 42xx: come back as told."""

    OVER = 4001
    ORIGIN = 4003
    PROTOCOL = 4004
    UNKNOWN = 4044
    FULL = 4100
    SLOW = 4108
    DRAINING = 4200
    RESYNC = 4201


SPOKE = 1008  # a viewer sent data: WebSocket's own code for "policy violation"


def is_final(code: int) -> bool:
    """Whether a viewer that was closed with `code` must not come back."""
    return 4000 <= code < 4100


def snapshot(snapshot: Snapshot, heartbeat: float, now: int) -> dict[str, Any]:
    """The first frame; `now` is the server's clock in milliseconds since 1970."""
    head = {"t": "snapshot", "v": VERSION, "heartbeat": heartbeat, "now": now}
    return head | snapshot.to_dict()


def updates(position: Position, updates: list[Update]) -> dict[str, Any]:
    """Live updates and catch-up alike: all that lead to `position`, oldest first."""
    return {
        "t": "updates",
        "epoch": position.epoch,
        "seq": position.seq,
        "updates": [update.to_dict() for update in updates],
    }


def heartbeat(position: Position) -> dict[str, Any]:
    """Nothing new, and this is where the log stands."""
    return {"t": "heartbeat", "epoch": position.epoch, "seq": position.seq}


def bye(code: Close) -> dict[str, Any]:
    """The last frame before the server closes with `code`."""
    frame: dict[str, Any] = {"t": "bye", "code": int(code)}
    return frame if is_final(code) else frame | {"after": list(COME_BACK)}


@dataclass(frozen=True, slots=True)
class Received:
    """A frame as a viewer reads it. Fields that its type lacks are empty."""

    t: str
    epoch: str = ""
    seq: int = 0
    snapshot: Snapshot | None = None
    heartbeat: float = HEARTBEAT
    updates: tuple[Update, ...] = ()
    code: int = 0
    after: tuple[float, float] | None = None


@lru_cache(maxsize=64)
def decode(text: str | bytes) -> Received:
    """Read a frame. Raises ValueError if it is none; an unknown `t` is kept as it is.

    Cached, since every viewer of a swarm gets the same text.
    """
    try:
        frame = json.loads(text)
        t = frame["t"]
        if t == "snapshot":
            found = Snapshot.from_dict(frame)
            position = found.position
            return Received(t, position.epoch, position.seq, found, float(frame["heartbeat"]))
        if t == "updates":
            updates = tuple(Update.from_dict(update) for update in frame["updates"])
            return Received(t, frame["epoch"], frame["seq"], updates=updates)
        if t == "heartbeat":
            return Received(t, frame["epoch"], frame["seq"])
        if t == "bye":
            after = frame.get("after")
            return Received(t, code=frame["code"], after=after and (after[0], after[1]))
        return Received(str(t))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"not a frame: {error!r}") from None


def encode(frame: dict[str, Any]) -> str:
    """A frame as text, without spaces, as it goes out."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
