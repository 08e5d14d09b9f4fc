"""Everything known about one run, while it goes on and afterwards."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loadtest.common.plan import Plan
from loadtest.common.server import Usage
from loadtest.swarm.tally import Tally

SAMPLE = 1.0  # seconds between two samples
PHASES = ("starting", "ramp", "settle", "rounds", "drain", "counting", "done")


@dataclass(frozen=True, slots=True)
class Sent:
    """One update as the broadcaster sent it; times in ns. `seq` is 0 if it was not published."""

    number: int
    intended: int
    sent: int
    answered: int
    status: int
    seq: int
    error: str = ""

    @property
    def slip(self) -> float:
        """ms between the intended and the real time of sending."""
        return (self.sent - self.intended) / 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of the run. CPU is in cores, in use since the sample before."""

    at: float  # seconds since the ramp began
    phase: str
    due: int  # viewers that should have arrived
    ws: int
    poll: int
    failures: int  # attempts, so far
    server_cpu: dict[int, float]  # by pid, as is memory in bytes
    server_memory: dict[int, int]
    server_files: int
    simulator_cpu: list[float]
    lag: float  # seconds: the worst of any simulator
    machine: float  # share of all cores in use
    sockets: dict[str, int]


@dataclass
class Run:
    """A run. `progress` holds the last report of each simulator, `live` by seq its messages."""

    plan: Plan
    slug: str
    heartbeat: float = 0.0
    started_at: float = field(default_factory=time.time)
    phase: str = PHASES[0]
    began: float = 0.0  # time.monotonic() when the ramp began
    marks: dict[str, float] = field(default_factory=dict)  # phase -> seconds since the ramp began
    ends: float = 0.0  # time.monotonic() at which all should be over
    progress: list[dict[str, Any]] = field(default_factory=list)
    live: dict[int, dict[int, list[int]]] = field(default_factory=dict)  # seq -> simulator -> …
    samples: list[Sample] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    server_count: dict[str, int] | None = None  # by transport, its own, before the rounds
    our_count: dict[str, int] = field(default_factory=dict)  # at the same moment
    usage_before: dict[int, Usage] = field(default_factory=dict)  # of the server, by pid
    usage_after: dict[int, Usage] = field(default_factory=dict)
    farewells: int = 0
    local: bool = True  # the server is on this machine
    interrupted: bool = False
    problems: list[str] = field(default_factory=list)  # of the server
    broken: list[str] = field(default_factory=list)  # of the swarm itself

    @property
    def ramp(self) -> float:
        """Seconds over which viewers arrive."""
        return self.heartbeat if self.plan.ramp is None else self.plan.ramp

    @property
    def tally(self) -> Tally:
        """All simulators' together."""
        total = Tally()
        for tally in self.tallies:
            total.add(tally)
        return total

    @property
    def intended(self) -> dict[int, int]:
        """Send times in ns by seq, of what was published."""
        return {one.seq: one.intended for one in sorted(self.sent, key=lambda s: s.seq) if one.seq}

    def present(self, transport: str) -> int:
        """Viewers that watch now."""
        return sum(progress.get(transport, 0) for progress in self.progress)

    def blamed(self, kind: str) -> Counter[str]:
        """`kind` is "failures" or "losses": counts by blame, so far."""
        total: Counter[str] = Counter()
        for progress in self.progress:
            total.update(progress.get(kind, {}))
        return total

    def delivered(self, seq: int) -> int:
        """How many viewers have an update, as far as reported."""
        return sum(marks[0] for marks in self.live.get(seq, {}).values())

    def cpu_in_rounds(self) -> float | None:
        """Seconds of CPU that the server used from the first message to the last delivery."""
        both = self.usage_before.keys() & self.usage_after.keys()
        if not both:
            return None
        return sum(self.usage_after[pid].cpu - self.usage_before[pid].cpu for pid in both)
