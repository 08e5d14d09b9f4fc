"""Times that tests measure, printed beside their bounds: docs/reliability.md quotes them."""

from unittest import TestCase


def check_within(test: TestCase, what: str, seconds: float, bound: float) -> None:
    """Check that something took less than `bound` seconds, and print how long it took."""
    print(f"\nmeasured: {what}: {seconds:.2f} s, bound {bound:g} s", flush=True)
    test.assertLess(seconds, bound, what)
