"""/metrics: this process's viewers and deliveries, in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from broadcaster.domain.delivery import KINDS
from viewers.fanout.relay import Relay

CONTENT_TYPE = "text/plain; version=0.0.4"
BOUNDS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)  # milliseconds, of the histogram

Sample = tuple[str, dict[str, str], float]  # what follows the family's name, labels, value


def exposition(relays: Iterable[Relay]) -> str:
    """All families, of all broadcasts that have a relay here."""
    relays = list(relays)
    families = (
        ("mapcenter_viewers", "gauge", viewers),
        ("mapcenter_behind", "gauge", behind),
        ("mapcenter_delivery_seconds", "histogram", deliveries),
        ("mapcenter_position_age_seconds", "gauge", age),
    )
    lines = []
    for name, kind, samples in families:
        lines.append(f"# TYPE {name} {kind}")
        for relay in relays:
            for suffix, labels, value in samples(relay):
                pairs = {"broadcast": relay.slug, **labels}
                text = ",".join(f'{label}="{value}"' for label, value in pairs.items())
                lines.append(f"{name}{suffix}{{{text}}} {value}")
    return "\n".join(lines) + "\n"


def viewers(relay: Relay) -> Iterator[Sample]:
    """Connections, now."""
    for kind, count in relay.hub.counts.items():
        yield "", {"transport": kind}, count


def behind(relay: Relay) -> Iterator[Sample]:
    """Viewers without the newest update. Of polls, those that did not come back for it."""
    for kind, count in relay.hub.behind.items():
        yield "", {"transport": kind}, max(count, 0)


def deliveries(relay: Relay) -> Iterator[Sample]:
    """From publishing to the write, of every update for every viewer."""
    for kind in KINDS:
        times = relay.hub.ledger.times(kind)
        counts = [0] * (len(BOUNDS) + 1)
        for milliseconds, count in times.items():
            counts[bisect_left(BOUNDS, milliseconds)] += count
        bounds = [*(f"{bound / 1000:g}" for bound in BOUNDS), "+Inf"]
        for bound, within in zip(bounds, accumulate(counts), strict=True):
            yield "_bucket", {"transport": kind, "le": bound}, within
        yield "_sum", {"transport": kind}, sum(ms * count for ms, count in times.items()) / 1000
        yield "_count", {"transport": kind}, times.total()


def age(relay: Relay) -> Iterator[Sample]:
    """Since this process's position was known to be the head of the log."""
    yield "", {}, round(relay.age, 1)
