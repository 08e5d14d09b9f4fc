"""The plan of a swarm run: how many viewers, how they arrive, and when updates are published."""

from dataclasses import dataclass, field
from random import Random

from loadtest.common.habits import Habits
from loadtest.common.shapes import arrivals
from loadtest.common.target import Target

TRANSPORT_CHOICES = ("ws", "poll", "mix")
ON = ("local", "rq")
"""Where simulators may run."""
PAGE_CONNECTIONS = 6  # that a browser opens to one host over HTTP/1.1, besides a WebSocket

SLOW, ASLEEP, FALLBACK = "slow", "asleep", "fallback"
"""The habits that a viewer can have one of: see `Habits`."""


@dataclass(frozen=True, slots=True)
class Round:
    """`messages` updates, one every `interval` seconds."""

    messages: int
    interval: float

    def __str__(self) -> str:
        return f"{self.messages}@{self.interval:g}"


@dataclass(frozen=True, slots=True)
class ViewerSpec:
    """One simulated viewer: `arrival` is its time in the ramp, from 0 (start) to 1 (end)."""

    transport: str
    arrival: float
    source_ip: str
    habit: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Times are seconds; `ramp` None means the server's heartbeat interval."""

    target: Target
    clients: int = 1000
    simulators: int = 1
    transport: str = "ws"
    poll_share: float = 0.5
    poll_reopen: bool = False
    client_pool: int | None = None  # connections that the polls of a simulator share
    ramp: float | None = None
    shape: str = "linear"
    rounds: tuple[Round, ...] = (Round(10, 5), Round(10, 2), Round(10, 1))
    settle: float = 1.0
    drain: float = 10.0
    source_ips: tuple[str, ...] = ()
    expect_restart: bool = False
    page: bool = False  # viewers load the page first, with its files
    habits: Habits = field(default_factory=Habits)
    storm: bool = False  # after the ramp all viewers are cut off, and come back at once

    @property
    def sizes(self) -> list[int]:
        """The number of viewers of each simulator."""
        return spread(self.clients, self.simulators)

    @property
    def polls(self) -> int:
        """The number of viewers that use long polling."""
        return self._polls_before(self.clients)

    @property
    def readers(self) -> int:
        """The number of viewers that read what they are sent."""
        return self.clients - _before(self.clients, self.habits.slow)

    @property
    def distribution(self) -> str:
        """ "20 × 500", as in the tables of 2012; uneven sizes as "3 × 333–334"."""
        low, high = min(self.sizes), max(self.sizes)
        size = f"{low:,}" if low == high else f"{low:,}–{high:,}"
        return f"{self.simulators} × {size}"

    def connections(self, viewers: int) -> int:
        """Return over how many connections so many viewers follow the broadcast at most.

        One that reopens its polls has two: the old one, which the server closes, and the new one.
        """
        doubled = self.polls / self.clients if self.poll_reopen else 0.0
        return int(viewers * (1 + doubled))

    def page_connections(self, viewers: int) -> int:
        """Return over how many connections so many viewers load the page at most.

        Browsers keep them until the server closes them.
        """
        return viewers * PAGE_CONNECTIONS if self.page else 0

    def viewers(self, simulator: int) -> list[ViewerSpec]:
        """Return the viewers of one simulator in the order of their arrival.

        Simulators take turns over the ramp, and each gets its share of both transports and of
        each habit.
        """
        size, first = self.sizes[simulator], sum(self.sizes[:simulator])
        ranks = [(turn * self.simulators + simulator) / self.clients for turn in range(size)]
        habits = self._habits(first, size, Random(simulator))
        return [
            ViewerSpec(
                transport=self._transport(index, habits[index - first]),
                arrival=arrival,
                source_ip=self.source_ips[index % len(self.source_ips)] if self.source_ips else "",
                habit=habits[index - first],
            )
            for index, arrival in enumerate(arrivals(self.shape, ranks, simulator), first)
        ]

    def _habits(self, first: int, size: int, random: Random) -> list[str]:
        """Return the habit of each of `size` viewers, in random order."""
        shares = {
            SLOW: self.habits.slow,
            ASLEEP: self.habits.asleep,
            FALLBACK: self.habits.fallback,
        }
        found = [
            habit for habit, share in shares.items() for _ in range(_count(first, size, share))
        ]
        found += [""] * (size - len(found))
        random.shuffle(found)
        return found[:size]

    def _transport(self, index: int, habit: str) -> str:
        if habit in (SLOW, FALLBACK):
            return "ws"
        return "poll" if self._polls_before(index + 1) > self._polls_before(index) else "ws"

    def _polls_before(self, index: int) -> int:
        share = {"ws": 0.0, "poll": 1.0, "mix": self.poll_share}[self.transport]
        return _before(index, share)


def contradictions(plan: Plan) -> list[str]:
    """Return what cannot be meant, as sentences for the command line; empty for a sound plan."""
    habits, found = plan.habits, []
    if habits.slow + habits.asleep + habits.fallback > 1:
        found.append("--slow, --asleep and --fallback together are more than all viewers")
    if plan.transport == "poll" and habits.fallback:
        found.append("--fallback needs viewers on WebSockets, and --transport poll leaves none")
    if plan.transport == "poll" and habits.slow:
        found.append("--slow needs viewers on WebSockets: a poll has one response, read or not")
    if plan.client_pool is not None and plan.client_pool < 1:
        found.append("--client-pool must be at least 1")
    if plan.poll_reopen and not plan.polls:
        found.append("--poll-reopen needs viewers that poll, and --transport ws leaves none")
    if plan.client_pool and not plan.polls:
        found.append("--client-pool is shared by polls, and --transport ws has none")
    if plan.client_pool and habits.asleep:
        found.append("--client-pool shares connections, and --asleep cuts viewers off one by one")
    if plan.client_pool and plan.poll_reopen:
        found.append("--client-pool keeps its connections open, and --poll-reopen keeps none")
    if plan.shape != "linear" and plan.ramp == 0:
        found.append(f"--shape {plan.shape} needs time, and with --ramp 0 all arrive at once")
    return found


def _count(first: int, size: int, share: float) -> int:
    """Return how many of `size` viewers from the one with number `first` on belong to a share."""
    return _before(first + size, share) - _before(first, share)


def _before(index: int, share: float) -> int:
    return int(index * share + 1e-9)  # 0.29 * 100 is a little less than 29


def spread(total: int, parts: int) -> list[int]:
    """Split `total` into `parts` numbers that differ by at most one, larger ones first."""
    size, larger = divmod(total, parts)
    return [size + 1] * larger + [size] * (parts - larger)


def parse_rounds(text: str) -> tuple[Round, ...]:
    """Parse "10@5,10@2,10@1". Raises ValueError with a message for the command line."""
    return tuple(_parse_round(part) for part in text.split(","))


def _parse_round(text: str) -> Round:
    messages, _, interval = text.strip().partition("@")
    try:
        parsed = Round(int(messages), float(interval))
    except ValueError:
        parsed = None
    if parsed is None or parsed.messages < 1 or not 0 < parsed.interval < 3600:
        raise ValueError(f"{text!r} is not MESSAGES@SECONDS, such as 10@5")
    return parsed


def parse_seconds(option: str, text: str) -> float:
    """Parse a time, 0 to an hour. Raises ValueError with a message for the command line."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise ValueError(f"{option}: {text!r} is not a number of seconds from 0 to 3600")
    return seconds


def offsets(rounds: tuple[Round, ...]) -> list[tuple[int, float]]:
    """Return for each message the index of its round and its time, in seconds after the first.

    Each message is followed by its own round's interval, so the rounds of 2012 take 80 s.
    """
    found = []
    at = 0.0
    for index, entry in enumerate(rounds):
        for _ in range(entry.messages):
            found.append((index, at))
            at += entry.interval
    return found


def duration(rounds: tuple[Round, ...]) -> float:
    """Return the seconds from the first message to the end of the last one's interval."""
    return sum(entry.messages * entry.interval for entry in rounds)
