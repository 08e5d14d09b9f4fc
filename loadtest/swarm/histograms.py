"""HDR histograms of delays in µs: they merge without loss, and take little room on a pipe."""

from collections.abc import Iterable
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
    if expected == 0 or delays.total_count < q * expected:
        return None
    percentile = 100 * q * expected / delays.total_count
    return cast(float, delays.get_value_at_percentile(percentile)) / 1e3


def to_bytes(value: HdrHistogram) -> bytes:
    """Encode a histogram inside a message: msgspec's `enc_hook`, for all that it cannot encode."""
    return cast(bytes, value.encode())


def from_bytes(data: bytes) -> HdrHistogram:
    """Decode what `to_bytes` encoded."""
    return HdrHistogram.decode(data, b64_wrap=False)
