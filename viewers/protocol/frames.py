"""The messages between server and viewer: frames, close codes, times.

A frame is one JSON object, the same bytes over every transport. docs/protocol.md describes
each; static/viewers/follow/session.js is the browser's side.
"""

from enum import IntEnum
from functools import lru_cache

import msgspec
from msgspec import Struct

from broadcaster.domain.decodable import decodable
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.stream import Position, Snapshot, Update

VERSION = 2
HEARTBEAT = 25.0  # seconds between frames when nothing happens, unless the server sets another
HEARTBEAT_SPREAD = 0.2  # each connection's own interval differs by up to this share
HEARTBEAT_GRACE = 10.0  # seconds after which a missed heartbeat means a dead connection
FIRST_FRAME = 5.0  # seconds that a viewer waits for it before the attempt counts as failed
RETURN_RANGE = (1, 10)  # seconds: viewers reconnect at a random time in it after a `bye`
RESYNC_RANGE = (0, 3)  # seconds: the same after RESYNC, when the server has no other work
DRAIN_RATE = 1000  # viewers that a server disconnects in a second while it drains
MAX_MESSAGE = 1024  # bytes of a message from a viewer, though viewers need not send any


class Close(IntEnum):
    """Close codes. 40xx: do not reconnect; 41xx: with backoff; 42xx: as the bye frame says."""

    OVER = 4001
    ORIGIN = 4003
    PROTOCOL = 4004
    UNKNOWN = 4044
    FULL = 4100
    SLOW = 4108
    DRAINING = 4200
    RESYNC = 4201


POLICY_VIOLATION = 1008  # WebSocket's own code: a viewer sent data


def is_final(code: int) -> bool:
    """Return whether a viewer that was closed with `code` must not reconnect."""
    return 4000 <= code < 4100


@decodable
class SnapshotFrame(Struct, frozen=True, tag_field="t", tag="snapshot"):
    """The map at a position. `now` is the server's clock, `at` the last update's, ms since 1970.

    `contests` has the digests of the contests' editions by key, in their order.
    """

    v: int
    heartbeat: float
    now: int
    epoch: str
    seq: int
    at: int
    contests: dict[str, str]
    state: MapState

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self.epoch, self.seq, self.at, self.contests, self.state)


@decodable
class UpdatesFrame(Struct, frozen=True, tag_field="t", tag="updates"):
    """Live updates and catch-up: all updates that lead to a position, oldest first.

    `contests` has the digests of the contests' editions, as in a snapshot; None from a server that
    does not send them.
    """

    epoch: str
    seq: int
    updates: tuple[Update, ...]
    contests: dict[str, str] | None = None


@decodable
class HeartbeatFrame(Struct, frozen=True, tag_field="t", tag="heartbeat"):
    """The end of the log, sent when nothing else was. `contests` as in updates."""

    epoch: str
    seq: int
    contests: dict[str, str] | None = None


@decodable
class ByeFrame(Struct, frozen=True, omit_defaults=True, tag_field="t", tag="bye"):
    """The last frame before the server closes. `after`: reconnect within this range of seconds."""

    code: int
    after: tuple[float, float] | None = None


@decodable
class UnknownFrame(Struct, frozen=True):
    """A frame of a later protocol version, which viewers ignore."""

    t: str


ServerFrame = SnapshotFrame | UpdatesFrame | HeartbeatFrame | ByeFrame

_TYPES: dict[str, type[ServerFrame]] = {
    "snapshot": SnapshotFrame,
    "updates": UpdatesFrame,
    "heartbeat": HeartbeatFrame,
    "bye": ByeFrame,
}


def snapshot(snapshot: Snapshot, heartbeat: float, now: int) -> SnapshotFrame:
    """Return the first frame; `now` is the server's clock in milliseconds since 1970."""
    return SnapshotFrame(
        v=VERSION,
        heartbeat=heartbeat,
        now=now,
        epoch=snapshot.epoch,
        seq=snapshot.seq,
        at=snapshot.at,
        contests=snapshot.contests,
        state=snapshot.state,
    )


def updates(position: Position, updates: list[Update], contests: dict[str, str]) -> UpdatesFrame:
    """Return the frame with all updates that lead to `position`, oldest first.

    `contests` are the digests of the contests' editions by key.
    """
    return UpdatesFrame(position.epoch, position.seq, tuple(updates), contests)


def heartbeat(position: Position, contests: dict[str, str]) -> HeartbeatFrame:
    """Return the heartbeat at a position. `contests` as for `updates`."""
    return HeartbeatFrame(position.epoch, position.seq, contests)


def bye(code: Close) -> ByeFrame:
    """Return the last frame before the server closes with `code`."""
    if is_final(code):
        return ByeFrame(int(code))
    return ByeFrame(int(code), RESYNC_RANGE if code is Close.RESYNC else RETURN_RANGE)


def encode(frame: ServerFrame) -> bytes:
    """Return a frame as it is sent: JSON without spaces, in UTF-8."""
    return msgspec.json.encode(frame)


@lru_cache(maxsize=64)
def decode(text: str | bytes) -> ServerFrame | UnknownFrame:
    """Return the frame that a text holds. Raises ValueError if it holds none.

    Cached, since every viewer of a swarm gets the same text.
    """
    try:
        found = msgspec.json.decode(text, type=UnknownFrame)
        if (known := _TYPES.get(found.t)) is None:
            return found
        return msgspec.json.decode(text, type=known)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a frame: {error!r}") from None


def decode_snapshot(text: str | bytes) -> SnapshotFrame:
    """Return the snapshot frame that a text holds. Raises ValueError for anything else."""
    frame = decode(text)
    if not isinstance(frame, SnapshotFrame):
        raise ValueError("not a snapshot frame")
    return frame
