"""The report of a run as data: what report.json contains, key by key.

Delays are ms, times are seconds since the ramp began, sizes are bytes, unless a comment says
otherwise.
"""

from typing import Literal

from msgspec import Struct

from broadcaster.domain.decodable import decodable
from loadtest.common.environment import Environment
from loadtest.common.plan import Plan
from loadtest.swarm.samples import Sample


class VerdictReport(Struct):
    """The verdict: see verdict.py."""

    invalid: list[str]
    failures: list[str]
    warnings: list[str]
    interrupted: bool
    valid: bool
    exit_code: int


class Percentiles(Struct):
    """Delays within which 50, 95 and 99 % arrived; None if fewer did."""

    p50: float | None
    p95: float | None
    p99: float | None


class DelayReport(Struct, kw_only=True):
    """The delays of all deliveries of some updates together, and means over these updates."""

    first: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    last: float | None
    mean_last: float | None  # over updates: until each had reached its last viewer
    mean_relative_delay: float | None  # over updates


class RoundReport(DelayReport, kw_only=True):
    """The delays of one round."""

    interval: float
    messages: int
    sent: int


class MessageReport(Struct):
    """One update. `slip`: how late it was sent; `answer`: how long publishing took."""

    number: int
    seq: int
    round: int
    at: float
    slip: float
    answer: float
    status: int
    expected: int
    received: int
    missing: int
    first: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    last: float | None
    mean_relative_delay: float | None
    overlap: bool


class ConnectionsReport(Struct):
    """How viewers connected; failures, losses and viewers that never connected by reason."""

    requested: int
    polls_requested: int
    connected: int
    watching: int
    failures: dict[str, int]
    losses: dict[str, int]
    never_connected: dict[str, int]
    first_frame: Percentiles
    server_count: dict[str, int] | None
    our_count: dict[str, int]
    synchrony: float
    farewells: int


class PagesReport(Struct):
    """The pages that viewers loaded, each with its files; failures by reason."""

    loaded: int
    failures: dict[str, int]
    load: Percentiles  # from the request for the page to its last file
    requests: float  # per page
    size: float  # bytes per page: responses with their heads, without TLS and TCP


class BytesReport(Struct):
    """What the server sent in the rounds, and what the story of 2012 would have estimated.

    The estimate is messages per second × bytes of a message × viewers.
    """

    rate: float  # updates per second
    payload: float  # bytes of an update, without anything around it
    wire: dict[str, float]  # bytes per viewer and update, with all around it, by transport
    mean: float  # the same over all transports
    viewers: int
    estimated: float  # bytes per second
    measured: float  # bytes per second on the wire


class AudienceReport(Struct):
    """How viewers came, left and came back. What did not take place is None or 0."""

    arrival: Percentiles  # from the planned arrival to the first frame, the page included
    arrival_cpu: float | None  # ms of the server's CPU in the ramp, per viewer
    pages: PagesReport | None
    departures: int
    sleeps: int
    away: int  # viewers that were not back at the end
    fell_back: int  # times that a WebSocket stayed silent
    slow: int  # WebSockets that were never read
    slow_closed: int  # of them, by the server
    returned: int  # viewers that came back after the storm
    returning: Percentiles | None  # from the storm's start until they were back
    pool_waits: Percentiles | None  # for a connection of the client pool
    pool_longest: float | None
    bytes: BytesReport | None
    spectrum: dict[str, list[tuple[float, float | None]]]  # of these times: share, ms


class DeliveriesReport(Struct):
    """Deliveries of all updates to all viewers."""

    expected: int
    received: int
    missing: int
    duplicate: int
    out_of_order: int
    events: dict[str, int]
    converged: int | None  # None if the server's map could not be fetched


class RestartReport(Struct):
    """How viewers came back after the server was restarted: counts, and seconds."""

    viewers: int
    twice: int  # viewers that were disconnected more than once
    away: int  # viewers that did not come back
    began: float | None
    seconds: float | None  # from the first disconnection until all were back
    absence: Percentiles  # ms that a viewer was away


class ServerReport(Struct):
    """What the server used; nothing is known if `unknown` has a reason."""

    unknown: str
    processes: list[str]
    ended: list[tuple[float, str]]  # processes that ended during the run
    idle: float | None  # µs of CPU per viewer and second, between ramp and rounds
    cpu_in_rounds: float | None  # seconds
    cpu_per_delivery: float | None  # µs
    memory_first: int
    memory_peak: int
    files_peak: int
    publish_p50: float | None
    publish_worst: float | None


class GeneratorReport(Struct):
    """What the swarm itself used, and how late it was."""

    simulator_cpu_worst: float  # cores
    lag: Percentiles
    slip_worst: float | None
    relative_by_simulator: list[float | None]
    median_by_simulator: list[float | None]  # of all its delays


class ThresholdReport(Struct):
    """One threshold: `value` is what was measured, None if it is unknown."""

    text: str
    value: float | None
    unit: str
    crossed: bool


class EventReport(Struct):
    """Something that charts over time show, such as the end of the ramp."""

    at: float
    name: str


@decodable
class SwarmReport(Struct, kw_only=True):
    """The whole report. `schema` changes when a program that read it before no longer can."""

    schema: Literal["mapcenter.swarm/1"] = "mapcenter.swarm/1"
    label: str
    environment: Environment
    verdict: VerdictReport
    thresholds: list[ThresholdReport] = []
    distribution: str
    started_at: str
    interrupted: bool
    shared_host: bool
    hosts: list[str]  # of the simulators, by number
    clock_error: float  # ms between their clocks and the publisher's; 0 if it is negligible
    plan: Plan
    slug: str
    heartbeat: float
    ramp: float
    marks: dict[str, float]
    events: list[EventReport] = []
    delays: DelayReport
    rounds: list[RoundReport]
    messages: list[MessageReport]
    connections: ConnectionsReport
    audience: AudienceReport
    deliveries: DeliveriesReport
    restart: RestartReport | None
    server: ServerReport
    generator: GeneratorReport
    timeline: list[Sample]
    spectrum: dict[str, list[tuple[float, float | None]]]  # by series: share, delay
    reached: dict[str, list[float | None]]  # best, median, worst: delay by % of viewers
    histograms: dict[str, str]  # by series: an HDR histogram of µs in base64
