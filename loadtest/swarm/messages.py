"""The messages between the director and its processes: simulators and the publisher.

Times are ns of CLOCK_MONOTONIC unless a comment says otherwise. Between machines they are Redis'
time: `moved` translates.
"""

from array import array
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.msgpack import Decoder
from msgspec.structs import replace

from broadcaster.domain.contest import Contest
from loadtest.common.plan import Plan
from loadtest.common.target import Target


class Ready(Struct, tag="ready"):
    """From any child: it has started."""


# To a simulator, in this order.


class StartSimulator(Struct, tag="start"):
    """Create the viewers of simulator `number`."""

    plan: Plan
    number: int
    slug: str
    heartbeat: float  # seconds
    contests: dict[str, Contest]


class Ramp(Struct, tag="ramp"):
    """Let the viewers connect from `at` on, spread over `seconds`."""

    at: int
    seconds: float


class Resize(Struct, tag="resize"):
    """Let viewers come over `seconds` from `at` on, or leave, until each simulator has its size.

    What is counted starts anew.
    """

    at: int
    seconds: float
    sizes: list[int]  # by simulator


class Settle(Struct, tag="settle"):
    """The ramp is over: collect garbage now, and not during the rounds."""


class Storm(Struct, tag="storm"):
    """Cut all viewers off at `at`; they come back at once."""

    at: int


class StartRounds(Struct, tag="rounds"):
    """The first update is sent at `at`: from then on viewers leave and sleep as planned."""

    at: int


class Count(Struct, tag="count"):
    """Send a `TallyReport`. `intended` has send times by seq; `snapshot` may be empty."""

    intended: dict[int, int]
    snapshot: bytes


# From a simulator.


class UpdateProgress(Struct, array_like=True):
    """How far one update has come: the number of receipts, and when they came."""

    count: int
    first: int
    p50: int
    p95: int
    last: int

    def moved(self, ns: int) -> "UpdateProgress":
        """Return the same with all times moved by `ns`."""
        times = (self.first, self.p50, self.p95, self.last)
        return UpdateProgress(self.count, *(at + ns for at in times))


class ProgressReport(Struct, tag="progress"):
    """The state of one simulator; all zero before its first report."""

    at: int = 0
    ws: int = 0  # viewers that are watching now
    poll: int = 0
    connected: int = 0  # viewers that ever received a frame
    failures: dict[str, int] = field(default_factory=dict)  # so far, by reason
    losses: dict[str, int] = field(default_factory=dict)
    farewells: int = 0
    away: int = 0  # viewers that have left or sleep, and will come back
    pages: int = 0  # that were loaded
    page_failures: int = 0
    returned: int = 0  # viewers that are back after the storm
    messages: dict[int, UpdateProgress] = field(default_factory=dict)  # changed ones, by seq
    cpu: float = 0.0  # seconds
    lag: float = 0.0  # seconds: the worst since the last report

    @property
    def watching(self) -> int:
        """The viewers that are watching now."""
        return self.ws + self.poll


class TallyReport(Struct, tag="tally"):
    """The result of `Count`; `Tally.decode` reads it."""

    tally: bytes


class Visit(Struct, array_like=True):
    """Viewers whose visits have the same first and last map: the seqs of these.

    `last` is None while a visit goes on.
    """

    first: int
    last: int | None
    viewers: int


class EvidenceReport(Struct, tag="evidence"):
    """Every few seconds: what is counted if this simulator is lost later.

    Receipts are not counted here, which would keep the event loop busy for 10 ms per 1,000.
    """

    tally: bytes  # without updates
    visits: list[Visit]
    receipts: dict[str, dict[int, bytes]]  # by transport and seq, as array("q"): those that grew


class SimulatorError(Struct, tag="error"):
    """An exception in a simulator: its measurements cannot be trusted."""

    error: str


# To and from the publisher.


class ScheduledUpdate(Struct):
    """One change, as the publishing API takes it, and when to send it."""

    intended: int
    change: dict[str, Any]


class StartPublisher(Struct, tag="publisher"):
    """Guard this broadcast: end it if the pipe closes without a `Release`."""

    target: Target
    token: str
    slug: str
    local_token: bool  # it is in the local database, and must go as well


class Schedule(Struct, tag="schedule"):
    """Publish these updates."""

    updates: list[ScheduledUpdate]


class StopPublishing(Struct, tag="stop publishing"):
    """Publish nothing more, and reply `PublishingStopped` after the last `SentUpdate`."""


class Release(Struct, tag="release"):
    """The director has ended the broadcast: nothing is left to do."""


class SentUpdate(Struct, tag="sent", frozen=True):
    """One update and the server's response; `seq` is 0 if it was not published."""

    number: int
    intended: int
    sent: int
    answered: int
    status: int
    seq: int
    error: str = ""

    @property
    def slip(self) -> float:
        """The ms between the intended and the actual time of sending."""
        return (self.sent - self.intended) / 1e6

    @property
    def key(self) -> int:
        """The key of this update in a tally: its seq, or a negative number if it has none."""
        return self.seq or -1 - self.number


class PublishingStopped(Struct, tag="publishing stopped"):
    """No update is on its way to the server any more."""


Order = StartSimulator | Ramp | Resize | Settle | Storm | StartRounds | Count
SimulatorMessage = Ready | ProgressReport | EvidenceReport | TallyReport | SimulatorError
PublisherOrder = StartPublisher | Schedule | StopPublishing | Release
PublisherMessage = Ready | SentUpdate | PublishingStopped

ORDERS: Decoder[Order] = Decoder(Order)
SIMULATOR_MESSAGES: Decoder[SimulatorMessage] = Decoder(SimulatorMessage)
PUBLISHER_ORDERS: Decoder[PublisherOrder] = Decoder(PublisherOrder)
PUBLISHER_MESSAGES: Decoder[PublisherMessage] = Decoder(PublisherMessage)

M = TypeVar("M", bound=Struct)


def moved(message: M, ns: int) -> M:
    """Return a message to or from a simulator with all its times moved by `ns`."""
    changed: dict[str, object] = {}
    match message:
        case Ramp(at) | Resize(at) | Storm(at) | StartRounds(at):
            changed = {"at": at + ns}
        case Count(intended):
            changed = {"intended": {seq: at + ns for seq, at in intended.items()}}
        case ProgressReport(at, messages=messages):
            changed = {"at": at + ns}
            changed["messages"] = {seq: each.moved(ns) for seq, each in messages.items()}
        case EvidenceReport(receipts=receipts):
            changed["receipts"] = {
                transport: {seq: moved_times(times, ns) for seq, times in by_seq.items()}
                for transport, by_seq in receipts.items()
            }
    return replace(message, **changed)


def moved_times(times: bytes, ns: int) -> bytes:
    """Return an array("q") of times, as bytes, with `ns` added to each."""
    return array("q", [at + ns for at in array("q", times)]).tobytes()
