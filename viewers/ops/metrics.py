"""Prometheus metrics: of this process, of all that share its port, and of the whole site."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from broadcaster.domain.delivery import TRANSPORTS
from viewers.fanout.relay_registry import RelayRegistry
from viewers.ops.siblings import Siblings
from viewers.ops.site_metrics import SiteMetrics
from viewers.registry import relays

__all__ = ["CONTENT_TYPE", "exposition", "siblings"]

LABELS = ("broadcast", "transport")
BOUNDS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)  # milliseconds, of the histogram


MAXIMUM = "mapcenter_position_age_seconds"  # the oldest position is what matters
MINIMUM = "process_start_time_seconds"  # of all processes; other values are added up


def measure(registry: RelayRegistry) -> bytes:
    """Return the metrics of this process in the text format. Call it in the relays' loop."""
    return text(ProcessMetrics(registry).collect())


siblings = Siblings(lambda: measure(relays))
site = SiteMetrics()


async def exposition() -> bytes:
    """Return the metrics of all processes on this port, added up, and those of the site."""
    live, ended, silent = await siblings.ask()
    return text([*added(live, ended), processes(len(live), silent), *await site.collect()])


class ProcessMetrics:
    """Collects the metrics at each scrape, so that nothing is counted twice."""

    def __init__(self, registry: RelayRegistry) -> None:
        self.registry = registry
        self.relays = registry.running

    def collect(self) -> Iterator[Metric]:
        yield self.viewers()
        yield self.behind()
        yield self.deliveries()
        yield self.age()
        yield self.room()
        yield from ProcessCollector(registry=None).collect()  # CPU, memory, open files

    def room(self) -> Metric:
        room = max(self.registry.limit - self.registry.viewers, 0)
        return GaugeMetricFamily(
            "mapcenter_room", "Viewers that may still come: open files decide.", value=room
        )

    def viewers(self) -> Metric:
        family = GaugeMetricFamily("mapcenter_viewers", "Connections now.", labels=LABELS)
        for relay in self.relays:
            for kind, count in relay.hub.counts.items():
                family.add_metric((relay.slug, kind), count)
        return family

    def behind(self) -> Metric:
        family = GaugeMetricFamily(
            "mapcenter_behind", "Viewers without the newest update.", labels=LABELS
        )
        for relay in self.relays:
            for kind, count in relay.hub.behind.items():
                family.add_metric((relay.slug, kind), max(count, 0))  # below 0: see the ledger
        return family

    def deliveries(self) -> Metric:
        family = HistogramMetricFamily(
            "mapcenter_delivery_seconds",
            "From publishing to the write, of every update for every viewer.",
            labels=LABELS,
        )
        for relay in self.relays:
            for kind in TRANSPORTS:
                times = relay.hub.ledger.times(kind)
                total = sum(milliseconds * count for milliseconds, count in times.items())
                family.add_metric((relay.slug, kind), buckets(times), total / 1000)
        return family

    def age(self) -> Metric:
        family = GaugeMetricFamily(
            "mapcenter_position_age_seconds",
            "Since the position of this process was known to be the head of the log.",
            labels=LABELS[:1],
        )
        for relay in self.relays:
            family.add_metric((relay.slug,), round(relay.age, 1))
        return family


def buckets(times: Counter[int]) -> list[tuple[str, float]]:
    """Return the histogram's buckets, by their upper bounds in seconds: each has all below."""
    counts = [0] * (len(BOUNDS) + 1)
    for milliseconds, count in times.items():
        counts[bisect_left(BOUNDS, milliseconds)] += count
    bounds = [*(f"{bound / 1000:g}" for bound in BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(counts), strict=True))


def processes(answering: int, silent: int) -> Metric:
    """Return how many processes answer, and how many are frozen or hang."""
    family = GaugeMetricFamily(
        "mapcenter_processes",
        "Server processes on this port; other gauges leave silent ones out.",
        labels=("state",),
    )
    family.add_metric(("answering",), answering)
    family.add_metric(("silent",), silent)
    return family


def added(live: list[bytes], ended: list[bytes]) -> Iterable[Metric]:
    """Return one process's metrics, added up over all of them.

    Only the counters of processes that have ended remain, so that no sum ever decreases.
    """
    sums: dict[str, Metric] = {}
    values: dict[str, dict[tuple[str, frozenset[tuple[str, str]]], float]] = {}
    for exposed, runs in [*((each, True) for each in live), *((each, False) for each in ended)]:
        for metric in text_string_to_metric_families(exposed.decode()):
            if metric.type == "gauge" and not runs:
                continue
            sums.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
            into = values.setdefault(metric.name, {})
            for sample in metric.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                into[key] = combine(sample.name, into.get(key), sample.value)
    for name, metric in sums.items():
        for (sample_name, labels), value in values[name].items():
            metric.add_sample(sample_name, dict(labels), value)
    return sums.values()


def combine(name: str, one: float | None, other: float) -> float:
    """Return the value for two processes together."""
    if one is None:
        return other
    if name == MAXIMUM:
        return max(one, other)
    return min(one, other) if name == MINIMUM else one + other


def text(metrics: Iterable[Metric]) -> bytes:
    """Return metrics in the text format."""
    registry = CollectorRegistry()
    registry.register(Fixed(list(metrics)))
    return generate_latest(registry)


class Fixed(Collector):
    """Metrics that are known."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> list[Metric]:
        return self.metrics
