"""The plan of a swarm run: how many viewers, how they arrive, and when updates are published."""

from collections.abc import Iterator
from dataclasses import dataclass

from loadtest.common.target import Target

TRANSPORT_CHOICES = ("ws", "poll", "mix")


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


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Times are seconds; `ramp` None means the server's heartbeat interval."""

    target: Target
    clients: int = 1000
    simulators: int = 1
    transport: str = "ws"
    poll_share: float = 0.5
    poll_reopen: bool = False
    ramp: float | None = None
    rounds: tuple[Round, ...] = (Round(10, 5), Round(10, 2), Round(10, 1))
    settle: float = 1.0
    drain: float = 10.0
    source_ips: tuple[str, ...] = ()
    expect_restart: bool = False

    @property
    def sizes(self) -> list[int]:
        """The number of viewers of each simulator."""
        return spread(self.clients, self.simulators)

    @property
    def polls(self) -> int:
        """The number of viewers that use long polling."""
        return self._polls_before(self.clients)

    @property
    def distribution(self) -> str:
        """ "20 × 500", as in the tables of 2012; uneven sizes as "3 × 333–334"."""
        low, high = min(self.sizes), max(self.sizes)
        size = f"{low:,}" if low == high else f"{low:,}–{high:,}"
        return f"{self.simulators} × {size}"

    def viewers(self, simulator: int) -> Iterator[ViewerSpec]:
        """Yield the viewers of one simulator in the order of their arrival.

        Simulators take turns over the ramp, and each gets its share of both transports.
        """
        first = sum(self.sizes[:simulator])
        for turn in range(self.sizes[simulator]):
            index = first + turn
            polls = self._polls_before(index + 1) > self._polls_before(index)
            yield ViewerSpec(
                transport="poll" if polls else "ws",
                arrival=(turn * self.simulators + simulator) / self.clients,
                source_ip=self.source_ips[index % len(self.source_ips)] if self.source_ips else "",
            )

    def _polls_before(self, index: int) -> int:
        share = {"ws": 0.0, "poll": 1.0, "mix": self.poll_share}[self.transport]
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
