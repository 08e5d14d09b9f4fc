"""The viewer's side of the protocol, without input or output.

The owner of the sockets (a simulated viewer, a test) gets from `attempt` how to connect, reports
what happened, and reads the map from `replica`. static/viewers/follow/session.js does the same
for browsers; tests/vectors/session.json holds both to the same steps. Times are seconds on any
clock.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from broadcaster.domain.mapstate import Contests
from broadcaster.domain.stream import Replica, Snapshot, Update
from viewers.protocol import frames
from viewers.protocol.frames import (
    ByeFrame,
    Close,
    HeartbeatFrame,
    SnapshotFrame,
    UnknownFrame,
    UpdatesFrame,
)

BACK_OFF = (0.5, 30.0)  # seconds: the range of the longest wait, doubled with each failure
RESYNC_WITHIN = 1.0  # seconds: after a gap viewers reconnect spread over this
FALL_BACK_AFTER = 3  # WebSocket attempts without a frame
BRIEF = 10.0  # seconds: a WebSocket that is cut sooner after its first frame counts as failed
LOST_AFTER = 10  # refused attempts in a row, after the WebSocket had worked
PROBE_AFTER = 180.0  # seconds on long poll before the WebSocket is tried again

Event = tuple[str, Snapshot | Update | int | None]
"""What `handle_frame` found: ("snapshot", Snapshot), ("update", Update), ("seen", Update),
("heartbeat", None), ("bye", code), or ("gap" | "behind" | "diverged" | "garbage", None)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Connect over `transport` after `delay` seconds, with `since` in the URL unless None."""

    transport: str
    delay: float
    since: str | None


class ViewerSession:
    """One viewer, from its first attempt until the broadcast is over.

    `contests` are those of the broadcast, by key: the session compares their totals.
    """

    def __init__(
        self,
        contests: Contests,
        transports: tuple[str, ...] = ("ws", "poll"),
        rand: Callable[[], float] = random.random,
    ) -> None:
        self.contests = contests
        self.transports = transports
        self.transport = transports[0]
        self.replica: Replica | None = None
        self.heartbeat = frames.HEARTBEAT
        self.over: int | None = None  # the final close code
        self.failed = False  # the connection must be closed
        self.deadline: float | None = None  # call `timed_out` if no frame came by then
        self._rand = rand
        self._delay = 0.0
        self._failures = 0  # attempts in a row that brought no frame
        self._got_frame = False  # this attempt brought a frame
        self._opened = False  # this attempt got through the handshake
        self._proven = False  # the WebSocket has worked before
        self._first: float | None = None  # when this attempt brought its first frame
        self._empty_attempts = 0  # WebSocket attempts that count towards falling back
        self._probe_at: float | None = None
        self._bye: ByeFrame | None = None

    @property
    def since(self) -> str | None:
        """The position to resume from, as it stands in the URL."""
        return str(self.replica.position) if self.replica else None

    def attempt(self, now: float) -> Attempt | None:
        """Return how to connect next; None when the broadcast is over. Sets the deadline."""
        if self.over is not None:
            return None
        if self._probe_at is not None and now >= self._probe_at:
            self.transport = "ws"
            self._probe_at = None
            self._empty_attempts = FALL_BACK_AFTER - 1  # one more failure, and it polls again
        self.failed = self._got_frame = self._opened = False
        self._bye = self._first = None
        waits = self.transport == "poll" and self.replica is not None
        patience = self._silence if waits else frames.FIRST_FRAME
        self.deadline = now + self._delay + patience
        return Attempt(self.transport, self._delay, self.since)

    def opened(self) -> None:
        """Note that the WebSocket's handshake succeeded."""
        self._opened = True

    def handle_frame(self, text: str | bytes, now: float) -> list[Event]:
        """Take in one frame. If `failed` is set afterwards, close the connection."""
        try:
            frame = frames.decode(text)
        except ValueError:
            self.failed = True
            return [("garbage", None)]
        if isinstance(frame, ByeFrame):
            self._bye = frame
            return [("bye", frame.code)]
        self._got_frame = True
        self._failures = 0
        if self._first is None:
            self._first = now
        if self.transport == "ws":
            self._proven = True
        if isinstance(frame, SnapshotFrame):
            self.heartbeat = frame.heartbeat
        self.deadline = now + self._silence
        return self._apply(frame)

    def _apply(
        self, frame: SnapshotFrame | UpdatesFrame | HeartbeatFrame | UnknownFrame
    ) -> list[Event]:
        match frame:
            case SnapshotFrame():
                self.replica = Replica(frame.snapshot, self.contests)
                return [("snapshot", frame.snapshot)]
            case UpdatesFrame():
                return self._take_updates(frame) + self._compare_contests(frame)
            case HeartbeatFrame():
                return self._compare(frame)
            case UnknownFrame():
                return []

    def timed_out(self, now: float) -> None:
        """Note that no frame came by the deadline, and that the connection was closed."""
        if self.transport == "ws" and not self._got_frame and not self._proven:
            self._empty_attempts = FALL_BACK_AFTER
        self.ended(now)

    def ended(self, now: float, code: int | None = None) -> None:
        """Note the end of a connection: closed with `code`, failed, or a poll was answered.

        A rejected poll is reported with the close code of the same meaning.
        """
        self.deadline = None
        after = None
        if self._bye is not None:
            code, after = self._bye.code, self._bye.after
        if code is not None and frames.is_final(code):
            self.over = code
            return
        if code == Close.RESYNC:
            self.replica = None
        if code is not None and 4200 <= code < 4300:
            low, high = after or frames.RETURN_RANGE
            self._delay = low + (high - low) * self._rand()
        elif code is not None and 4100 <= code < 4200:
            self._back_off()
        elif self._got_frame and self.failed:
            self._delay = RESYNC_WITHIN * self._rand()
        elif self._got_frame and self.transport == "poll":
            self._delay = 0.0
        else:
            self._back_off()
            self._consider_falling_back(now)

    @property
    def _silence(self) -> float:
        """Seconds without a frame after which the connection counts as dead."""
        return self.heartbeat * (1 + frames.HEARTBEAT_SPREAD) + frames.HEARTBEAT_GRACE

    def _back_off(self) -> None:
        """Wait with full jitter: any time up to a limit that doubles with every failure."""
        first, last = BACK_OFF
        doublings = min(self._failures, 10)  # after hours of failures 2**n would overflow a float
        self._delay = min(first * 2**doublings, last) * self._rand()
        if not self._got_frame:
            self._failures += 1

    def _consider_falling_back(self, now: float) -> None:
        """Change from WebSocket to long poll, and back if that fails as well.

        A server that restarts refuses connections: it does not open them. So once the
        WebSocket has worked, only attempts count that opened and then stayed silent, or were cut
        soon after (proxies do both), unless there are so many that the viewer has probably
        changed to another network.
        """
        brief = self._first is not None and now - self._first < BRIEF
        if self._got_frame and not brief:
            self._empty_attempts = 0
            return
        if self.transport == "ws" and "poll" in self.transports:
            if self._opened or brief or not self._proven:
                self._empty_attempts += 1
            if self._failures >= LOST_AFTER:
                self._empty_attempts = FALL_BACK_AFTER
            if self._empty_attempts >= FALL_BACK_AFTER:
                self.transport = "poll"
                self._probe_at = now + PROBE_AFTER
        elif self.transport == "poll" and "ws" in self.transports:
            self.transport = "ws"
            self._probe_at = None
            self._empty_attempts = FALL_BACK_AFTER - 1

    def _take_updates(self, frame: UpdatesFrame) -> list[Event]:
        events: list[Event] = []
        for update in frame.updates:
            events.append(self._take_update(frame.epoch, update))
            if self.failed:
                break
        return events

    def _take_update(self, epoch: str, update: Update) -> Event:
        outcome = self.replica.apply(epoch, update) if self.replica else "gap"
        if outcome == "seen":
            return ("seen", update)
        if outcome == "gap" or self.replica is None:
            return self._fail("gap")
        if self.replica.state.totals != update.totals:
            self.replica = None
            return self._fail("diverged")
        return ("update", update)

    def _compare(self, frame: HeartbeatFrame) -> list[Event]:
        """Compare positions: a heartbeat ahead of ours means that we missed the last update."""
        position = self.replica.position if self.replica else None
        if position is None or frame.epoch != position.epoch or frame.seq > position.seq:
            return [self._fail("behind")]
        return self._compare_contests(frame) or [("heartbeat", None)]

    def _compare_contests(self, frame: UpdatesFrame | HeartbeatFrame) -> list[Event]:
        """Other contests mean that names or looks were corrected while we were not connected."""
        if self.replica is None or frame.contests in (None, self.replica.digests):
            return []
        self.replica = None  # the next attempt gets a snapshot
        return [self._fail("behind")]

    def _fail(self, event: str) -> Event:
        self.failed = True
        return (event, None)
