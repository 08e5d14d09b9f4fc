"""This process's viewers and deliveries as Prometheus metrics."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from broadcaster.domain.delivery import TRANSPORTS
from viewers.fanout.relay import Relay

__all__ = ["CONTENT_TYPE", "exposition"]

LABELS = ("broadcast", "transport")
BOUNDS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)  # milliseconds, of the histogram


def exposition(relays: Sequence[Relay]) -> bytes:
    """Return the metrics of all relays in the text format. Call it in their event loop."""
    return generate_latest(RelayCollector(relays))


class RelayCollector(Collector):
    """Makes the metrics when they are asked for, so that nothing is counted twice."""

    def __init__(self, relays: Sequence[Relay]) -> None:
        self.relays = relays

    def collect(self) -> Iterator[Metric]:
        yield self.viewers()
        yield self.behind()
        yield self.deliveries()
        yield self.age()

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
