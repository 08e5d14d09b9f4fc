"""HDR histograms of delays in µs: they merge without loss, and take little room on a pipe."""

from collections.abc import Iterable, Sequence
from typing import cast

from hdrh.histogram import HdrHistogram

LONGEST = 600_000_000  # µs
DIGITS = 3


def histogram() -> HdrHistogram:
    """Return an empty histogram of µs."""
    return HdrHistogram(1, LONGEST, DIGITS, b64_wrap=False)


def record(into: HdrHistogram, seconds: float) -> None:
    """Record a time."""
    into.record_value(min(max(int(seconds * 1e6), 1), LONGEST))


def merged(histograms: Iterable[HdrHistogram]) -> HdrHistogram:
    """Return the sum of histograms."""
    total = histogram()
    for one in histograms:
        total.add(one)
    return total


def quantile(delays: HdrHistogram, q: float, expected: int) -> float | None:
    """Return the delay in ms within which a share `q` of the expected deliveries arrived.

    A missing delivery counts as infinitely late: None if fewer than that share arrived.
    """
    return quantiles(delays, [q], expected)[0]


def quantiles(delays: HdrHistogram, shares: Sequence[float], expected: int) -> list[float | None]:
    """Return `quantile` for each share, in their order. The histogram is read once for all."""
    count = delays.total_count
    if expected == 0 or count == 0:
        return [None] * len(shares)
    percentiles = [min(100 * q * expected / count, 100.0) for q in shares]
    values = delays.get_percentile_to_value_dict(percentiles)
    return [
        values[percentile] / 1e3 if q * expected <= count else None
        for q, percentile in zip(shares, percentiles, strict=True)
    ]


def to_bytes(value: HdrHistogram) -> bytes:
    """Encode a histogram inside a message: msgspec's `enc_hook`, for all that it cannot encode."""
    return cast(bytes, value.encode())


def from_bytes(data: bytes) -> HdrHistogram:
    """Decode what `to_bytes` encoded."""
    return HdrHistogram.decode(data, b64_wrap=False)
