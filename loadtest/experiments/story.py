"""The findings of 2012 as claims, and the experiments that try them again.

The story is the series of posts in which the author of the PBS NewsHour Map Center told how it was
load-tested (bocoup.com, 2012–2013). Each finding is in our own words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Any

from broadcaster.domain.quantity import quantity
from loadtest.experiments.hypotheses import Expectation
from loadtest.experiments.servers import Servers

KEYS = (
    "frequency",
    "distribution",
    "failure",
    "polling",
    "hearts",
    "pool",
    "mix",
    "processes",
    "serialization",
    "sticky",
    "tuning",
)
"""The findings by their short names, in the order of the story."""

VIEWERS = 10_000
"""The audience of 2012. A matrix of scale 0.2 has 2,000."""

ARRIVAL_TIME = "60"  # seconds for twice the audience, so that simulators do not fail first
HEARTBEAT = ("HEARTBEAT", "5")  # seconds, so that experiments with heartbeats are short

ONE_PROCESS = Servers()

Report = dict[str, Any]
"""report.json of `manage.py swarm`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a report, in `unit`. `of_valid` ones count only if the run was valid."""

    name: str
    unit: str
    read: Callable[[Report], float | None]
    of_valid: bool = True


@dataclass(frozen=True, slots=True)
class Course:
    """What a run is drawn by over time: a figure of each sample of a report."""

    name: str
    read: Callable[[Report], float]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of running: servers, options of `manage.py swarm`, and what is read.

    Variants of one hypothesis with the same servers and options share their runs.
    """

    label: str
    options: tuple[str, ...]
    measure: Measure
    servers: Servers = ONE_PROCESS

    @property
    def set_up(self) -> tuple[Servers, tuple[str, ...]]:
        """What a run of this variant is made of."""
        return self.servers, self.options


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finding of the story. The claim compares the first variant with the last one."""

    key: str
    finding: str
    expected: Expectation
    variants: tuple[Variant, ...]
    course: Course = Course(
        "server CPU, cores", lambda sample: float(sum(sample["server_cpu"].values()))
    )

    @property
    def measure(self) -> Measure:
        return self.variants[0].measure


def _relative(number: int | None = None, of_valid: bool = True) -> Measure:
    """Return the mean relative delay of one round, or the mean over all of them."""

    def read(report: Report) -> float | None:
        rounds = report["rounds"] if number is None else [report["rounds"][number]]
        found = [each["mean_relative_delay"] for each in rounds]
        return None if None in found else fmean(found)

    return Measure("mean relative delay", "ms", read, of_valid)


def _lost(report: Report) -> float:
    connected: int = report["connections"]["connected"]
    requested: int = report["connections"]["requested"]
    return 100 * (1 - connected / requested)


def _stagger(report: Report) -> float | None:
    """Return the deviation of the server's CPU from its mean while nothing is published.

    It is in ms a second. A share of the mean would be noise: an idle server uses few of the
    system's ticks of 10 ms. The first third of that time does not count: viewers still connect.
    """
    idle = [
        sum(sample["server_cpu"].values())
        for sample in report["timeline"]
        if sample["phase"] == "settle"
    ]
    return 1000 * pstdev(idle[len(idle) // 3 :]) if idle else None


def _slowest_arrival(report: Report) -> float | None:
    """Return the time from a viewer's first attempt to its first frame, for 99 % of viewers."""
    found: float | None = report["connections"]["first_frame"]["p99"]
    return found


CPU = Measure(
    "server CPU per delivery",
    "µs",
    lambda report: report["server"]["cpu_per_delivery"],
    of_valid=False,
)
LOST = Measure("viewers that cannot connect", "%", _lost, of_valid=False)
STAGGER = Measure("deviation of the idle server's CPU", "ms a second", _stagger, of_valid=False)
"""The system counts the server's CPU: simulators that are late, as at each burst of polls, do not
change it."""
ARRIVAL = Measure("first frame after the attempt, p99", "ms", _slowest_arrival, of_valid=False)
"""A pool of connections makes a run invalid, which is what is to be seen."""

CONNECTED = Course("viewers with a connection", lambda sample: sample["ws"] + sample["poll"])


def story(scale: float) -> list[Hypothesis]:
    """Return the findings for an audience of `scale` × 10,000 viewers."""
    viewers = round(VIEWERS * scale)
    short = _options(viewers, "6@1")
    rounds = _options(viewers, "4@5,4@2,4@1")
    few_polls = (*_options(viewers // 50, "2@2", ramp="heartbeat"), "--transport", "poll")
    from_many = (*short, "--source-ip", "127.0.1.0/26")  # HAProxy chooses by the address
    redis = Servers(processes=2, redis=True)
    with_json = replace(redis, environment=(("LAYER_FORMAT", "json"),))
    beating = Servers(environment=(HEARTBEAT,))
    return [
        Hypothesis(
            "frequency",
            "The shorter the interval between messages, the later they arrive.",
            Expectation.HIGHER,
            tuple(
                Variant(f"every {interval} s", rounds, _relative(number))
                for number, interval in enumerate((5, 2, 1))
            ),
        ),
        Hypothesis(
            "distribution",
            "Ten simulators of 1,000 viewers measure the same as twenty of 500: the simulators are "
            "not the bottleneck.",
            Expectation.SAME,
            # Runs with late simulators count: whether these matter is the question.
            tuple(
                Variant(
                    f"{count} simulators",
                    (*rounds, "--simulators", str(count)),
                    _relative(of_valid=False),
                )
                for count in (10, 20)
            ),
        ),
        Hypothesis(
            "failure",
            "Twice the viewers bring the server to a failure state, in which only a part connects.",
            Expectation.HIGHER,
            tuple(
                Variant(
                    quantity(count, "viewer"),
                    (*_options(count, "4@2", ARRIVAL_TIME), "--simulators", "20", "--past-limits"),
                    LOST,
                    Servers(files=round(1.7 * viewers)),
                )
                for count in (viewers, 2 * viewers)
            ),
            CONNECTED,
        ),
        Hypothesis(
            "polling",
            "Long polling is far more demanding than WebSockets.",
            Expectation.HIGHER,
            (
                Variant("WebSocket", short, CPU),
                Variant("long poll", (*short, "--transport", "poll"), CPU),
                Variant(
                    "long poll, a connection each",
                    (*short, "--transport", "poll", "--poll-reopen"),
                    CPU,
                ),
            ),
        ),
        Hypothesis(
            "hearts",
            "Viewers who arrive at the same moment beat at the same moment, and the server's CPU "
            "goes up and down with them.",
            Expectation.HIGHER,
            (
                Variant(
                    "dispersed",
                    (*_options(viewers, "1@1", ramp="heartbeat"), "--settle", "30"),
                    STAGGER,
                    beating,
                ),
                Variant(
                    "all at once, no spread",
                    (*_options(viewers, "1@1", ramp="0"), "--settle", "30"),
                    STAGGER,
                    Servers(environment=(HEARTBEAT, ("HEARTBEAT_SPREAD", "0"))),
                ),
            ),
        ),
        Hypothesis(
            "pool",
            "Clients that share five connections connect in bursts, a heartbeat apart.",
            Expectation.HIGHER,
            (
                Variant("a connection each", few_polls, ARRIVAL, beating),
                Variant("5 connections", (*few_polls, "--client-pool", "5"), ARRIVAL, beating),
            ),
            CONNECTED,
        ),
        Hypothesis(
            "mix",
            "An audience of which half has WebSockets costs less than one that polls.",
            Expectation.HIGHER,
            (
                Variant("half and half", (*short, "--transport", "mix"), CPU),
                Variant("all long poll", (*short, "--transport", "poll"), CPU),
            ),
        ),
        Hypothesis(
            "processes",
            "Several processes that share a Redis are slower than one without.",
            Expectation.HIGHER,
            (
                Variant("1 process", short, CPU),
                Variant("2 processes with Redis", short, CPU, redis),
            ),
        ),
        Hypothesis(
            "serialization",
            "MessagePack in place of JSON does not help: messages through Redis cost the same.",
            Expectation.SAME,
            (
                Variant("JSON", short, CPU, with_json),
                Variant("MessagePack", short, CPU, redis),
            ),
        ),
        Hypothesis(
            "sticky",
            "Sticky sessions on servers that share nothing would cost less than a shared Redis.",
            Expectation.HIGHER,
            (
                Variant("2 servers, sticky", from_many, CPU, Servers(hosts=2)),
                Variant("2 servers with Redis", from_many, CPU, Servers(hosts=2, redis=True)),
            ),
        ),
        Hypothesis(
            "tuning",
            "Tuning of the network and of garbage collection makes no difference that matters.",
            Expectation.SAME,
            (
                Variant("untuned", short, CPU, Servers(arguments=("--untuned",))),
                Variant("tuned", short, CPU),
            ),
        ),
    ]


def _options(viewers: int, rounds: str, ramp: str = "5") -> tuple[str, ...]:
    return ("--clients", str(viewers), "--rounds", rounds, "--ramp", ramp)
