"""What a run is to do: how many viewers, where, how they arrive, what is broadcast. Pure."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from broadcaster.domain.electoral import ELECTIONS, STATE_NAMES, unit_name

ELECTION = 2020
TRANSPORTS = ("ws", "poll", "mix")


@dataclass(frozen=True, slots=True)
class Round:
    """`messages` updates, one every `interval` seconds."""

    messages: int
    interval: float

    def __str__(self) -> str:
        return f"{self.messages}@{self.interval:g}"


@dataclass(frozen=True, slots=True)
class Target:
    """The server: `url` is scheme://host:port, `address` the IP that viewers connect to."""

    url: str
    host: str
    address: str
    port: int

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Seconds throughout; `ramp` None means the server's heartbeat interval."""

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

    @property
    def sizes(self) -> list[int]:
        """Viewers of each simulator."""
        return spread(self.clients, self.simulators)

    @property
    def polls(self) -> int:
        """How many of all viewers poll."""
        return self._polls_before(self.clients)

    @property
    def distribution(self) -> str:
        """ "20 × 500", as the blog names its rows; uneven sizes as "3 × 333–334"."""
        low, high = min(self.sizes), max(self.sizes)
        size = f"{low:,}" if low == high else f"{low:,}–{high:,}"
        return f"{self.simulators} × {size}"

    def seats(self, simulator: int) -> Iterator["Seat"]:
        """The viewers of one simulator, in the order in which they arrive.

        Simulators take turns over the ramp, and each has its share of both transports.
        """
        first = sum(self.sizes[:simulator])
        for turn in range(self.sizes[simulator]):
            index = first + turn
            polls = self._polls_before(index + 1) > self._polls_before(index)
            yield Seat(
                transport="poll" if polls else "ws",
                arrival=(turn * self.simulators + simulator) / self.clients,
                source_ip=self.source_ips[index % len(self.source_ips)] if self.source_ips else "",
            )

    def _polls_before(self, index: int) -> int:
        share = {"ws": 0.0, "poll": 1.0, "mix": self.poll_share}[self.transport]
        return int(index * share + 1e-9)  # 0.29 * 100 is a little less than 29

    def to_dict(self) -> dict[str, Any]:
        """As msgpack and JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Plan":
        """The inverse of `to_dict`."""
        return cls(
            **data
            | {
                "target": Target(**data["target"]),
                "rounds": tuple(Round(**entry) for entry in data["rounds"]),
                "source_ips": tuple(data["source_ips"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Seat:
    """One viewer: `arrival` is its place in the ramp, from 0 to 1."""

    transport: str
    arrival: float
    source_ip: str


def spread(total: int, parts: int) -> list[int]:
    """`total` in `parts` numbers that differ by one at most, larger ones first."""
    size, larger = divmod(total, parts)
    return [size + (part < larger) for part in range(parts)]


def parse_rounds(text: str) -> tuple[Round, ...]:
    """From "10@5,10@2,10@1". Raises ValueError with words for the command line."""
    rounds = []
    for part in text.split(","):
        messages, separator, interval = part.strip().partition("@")
        try:
            rounds.append(Round(int(messages), float(interval)))
        except ValueError:
            separator = ""
        if not separator or rounds[-1].messages < 1 or not 0 < rounds[-1].interval < 3600:
            raise ValueError(f"{part!r} is not MESSAGES@SECONDS, such as 10@5")
    return tuple(rounds)


def parse_url(url: str) -> tuple[str, str, int]:
    """The origin, host and port of a server's address. Raises ValueError if it is none."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not the address of a server, such as http://127.0.0.1:8000/")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.netloc}", parts.hostname, port


def offsets(rounds: tuple[Round, ...]) -> list[tuple[int, float]]:
    """For each message its round's index, and when to send it: seconds after the first.

    After each message comes its own round's interval, so the 2012 script takes 80 s.
    """
    found = []
    at = 0.0
    for index, entry in enumerate(rounds):
        for _ in range(entry.messages):
            found.append((index, at))
            at += entry.interval
    return found


def duration(rounds: tuple[Round, ...]) -> float:
    """Seconds from the first message to the end of the last one's interval."""
    return sum(entry.messages * entry.interval for entry in rounds)


def changes(count: int) -> list[dict[str, Any]]:
    """What is published: the evening's gesture, again and again. Go to a state, then call it.

    A call that comes round again is the same call, so the map's rules refuse none.
    """
    election = ELECTIONS[ELECTION]
    units = [unit for unit in election.winners if unit in STATE_NAMES]
    found: list[dict[str, Any]] = []
    for number in range(count):
        unit = units[number // 2 % len(units)]
        if number % 2 == 0:
            found.append({"view": {"focus": unit, "highlight": [unit]}})
            continue
        party = election.winners[unit]
        headline = f"{unit_name(unit)} goes to {election.candidates[party]}"
        found.append(
            {
                "calls": {unit: {"status": "called", "party": party}},
                "story": {"headline": headline},
            }
        )
    return found
