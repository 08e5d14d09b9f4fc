"""Everything known about one run, while it goes on and afterwards."""

import time
from collections import Counter
from dataclasses import dataclass, field

from broadcaster.domain.contest import Contest
from broadcaster.domain.quantity import quantity
from loadtest.common.environment import Environment
from loadtest.common.plan import Plan
from loadtest.swarm.messages import ProgressReport, SentUpdate, UpdateProgress
from loadtest.swarm.samples import Sample
from loadtest.swarm.server_meter import Reading
from loadtest.swarm.tally import MessageTally, Tally, total

PHASES = ("starting", "ramp", "settle", "storm", "rounds", "drain", "counting", "done")


@dataclass(frozen=True, slots=True)
class LostSimulator:
    """A simulator that was lost; `reason` says how."""

    number: int
    host: str
    viewers: int
    at: float  # seconds since the ramp began
    updates: int  # that had been published
    reason: str

    def __str__(self) -> str:
        return (
            f"simulator {self.number} on {self.host} was lost {self.at:.0f} s after the ramp "
            f"began, with {quantity(self.viewers, 'viewer')}: {self.reason}"
        )


@dataclass
class Run:
    """A run. `progress` has the last report of each simulator, `live` their reports by seq."""

    plan: Plan
    slug: str
    label: str = ""
    environment: Environment = field(default_factory=Environment)
    heartbeat: float = 0.0
    contests: dict[str, Contest] = field(default_factory=dict)  # of the broadcast
    started_at: float = field(default_factory=time.time)
    phase: str = PHASES[0]
    began: float = 0.0  # time.monotonic() when the ramp began
    marks: dict[str, float] = field(default_factory=dict)  # by phase: seconds since the ramp began
    ends: float = 0.0  # time.monotonic() at which the rounds should be over
    progress: list[ProgressReport] = field(default_factory=list)
    live: dict[int, dict[int, UpdateProgress]] = field(default_factory=dict)  # seq -> simulator
    samples: list[Sample] = field(default_factory=list)
    sent: list[SentUpdate] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    compared: bool = True  # the viewers' maps were compared with the server's
    server_count: dict[str, int] | None = None  # by transport, as the server counted before rounds
    our_count: dict[str, int] = field(default_factory=dict)  # at the same moment
    arrivals_cpu: float | None = None  # seconds of the server's CPU in the ramp
    before: Reading | None = None  # what the server had used before the rounds
    after: Reading | None = None  # and after the last delivery
    idle: float | None = None  # µs of the server's CPU per viewer and second, before the rounds
    unknown: str = ""  # why the server's figures are unknown
    ended: list[tuple[float, str]] = field(default_factory=list)  # s, the server's process
    ended_before: int = 0  # processes that had ended before this run
    silent: set[str] = field(default_factory=set)  # servers that did not always give metrics
    farewells: int = 0
    local: bool = True  # the server is on this machine
    local_token: bool = False  # the token is in the local database
    interrupted: bool = False
    hosts: list[str] = field(default_factory=list)  # of the simulators, by number
    clock_error: float = 0.0  # ms between their clocks and the publisher's; 0 if it is negligible
    lost: list[LostSimulator] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # for people who read the verdict
    server_errors: list[str] = field(default_factory=list)
    swarm_errors: list[str] = field(default_factory=list)

    @property
    def ramp(self) -> float:
        """The seconds over which viewers arrive."""
        return self.heartbeat if self.plan.ramp is None else self.plan.ramp

    @property
    def tally(self) -> Tally:
        """The sum of all simulators' tallies.

        An update that could not be published was expected by every viewer that had connected.
        """
        found = total(self.tallies)
        for sent in self.sent:
            if not sent.seq:
                found.messages[sent.key] = MessageTally(expected=found.connected)
        return found

    @property
    def intended(self) -> dict[int, int]:
        """The send times in ns, by seq, of the updates that were published."""
        return {one.seq: one.intended for one in sorted(self.sent, key=lambda s: s.seq) if one.seq}

    @property
    def present(self) -> dict[str, int]:
        """The viewers that are watching now, by transport."""
        return {
            "ws": sum(progress.ws for progress in self.progress),
            "poll": sum(progress.poll for progress in self.progress),
        }

    @property
    def watching(self) -> int:
        """The viewers that are watching now."""
        return sum(self.present.values())

    @property
    def failures(self) -> int:
        """The attempts to connect that failed, so far."""
        return sum(Counter(progress.failures).total() for progress in self.progress)

    @property
    def losses(self) -> int:
        """The connections that were lost, so far."""
        return sum(Counter(progress.losses).total() for progress in self.progress)

    @property
    def lost_viewers(self) -> int:
        """The viewers whose simulator was lost."""
        return sum(lost.viewers for lost in self.lost)

    def is_lost(self, simulator: int) -> bool:
        """Return whether a simulator was lost."""
        return any(lost.number == simulator for lost in self.lost)

    def delivered(self, seq: int, simulator: int) -> int:
        """Return how many viewers of a simulator have an update, as far as reported."""
        reports = self.live.get(seq, {})
        return reports[simulator].count if simulator in reports else 0

    def cpu_in_rounds(self) -> float | None:
        """Return the server's CPU seconds from the first message to the last delivery."""
        if self.before is None or self.after is None or not self.after.usage:
            return None
        return self.after.cpu - self.before.cpu

    def note_ended(self, names: list[str]) -> None:
        """Enter the server's processes that have ended so far, with the time for new ones."""
        for name in names[self.ended_before + len(self.ended) :]:
            self.ended.append((time.monotonic() - self.began, name))
