"""Claims about a server, and how repeated runs judge them."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

REPEATS = 3
"""Runs of each variant at least: with fewer, a chance order is too likely."""

EFFECT = 0.2
"""Share by which medians must differ: less than that is the noise of a shared machine."""


class Expectation(StrEnum):
    """What a claim says of the second variant's figure, compared with the first one's."""

    HIGHER = "higher"
    SAME = "the same"


class Outcome(StrEnum):
    """What the runs say of a claim."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"


def judge(expected: Expectation, first: Sequence[float], second: Sequence[float]) -> Outcome:
    """Judge a claim by the figures of the repeats of its two variants.

    A difference counts if no repeat of one variant reaches into the range of the other and the
    medians differ by more than `EFFECT`. Medians that differ by less are the same. A difference
    beyond `EFFECT` whose ranges overlap decides nothing. Raises ValueError for fewer than
    `REPEATS` figures.
    """
    if min(len(first), len(second)) < REPEATS:
        raise ValueError(f"a claim is judged by {REPEATS} repeats of each variant or more")
    low, high = median(first), median(second)
    apart = min(second) > max(first) or max(second) < min(first)
    differs = abs(high - low) > EFFECT * min(abs(low), abs(high))
    if differs and not apart:
        return Outcome.INCONCLUSIVE
    found = Expectation.HIGHER if differs and high > low else Expectation.SAME
    if expected is Expectation.SAME:
        return Outcome.NOT_REPRODUCED if differs else Outcome.REPRODUCED
    return Outcome.REPRODUCED if found is expected else Outcome.NOT_REPRODUCED


def explain(unit: str, first: Sequence[float], second: Sequence[float]) -> str:
    """Return the figures behind a verdict in one sentence: both medians with their ranges."""
    ratio = f", a ratio of {median(second) / median(first):.2f}" if median(first) else ""
    return f"{_range(unit, first)} against {_range(unit, second)}{ratio}."


def _range(unit: str, figures: Sequence[float]) -> str:
    low, middle, high = map(rounded, (min(figures), median(figures), max(figures)))
    return f"{middle} {unit} ({low} to {high})"


def rounded(figure: float) -> str:
    """Return a figure with three digits that count, and without an exponent."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def order(variants: int, repeats: int) -> list[int]:
    """Return which variant runs when: forwards, backwards, forwards, and so on.

    A machine that becomes slower during the test then slows all variants alike.
    """
    turns = [range(variants), range(variants - 1, -1, -1)]
    return [variant for repeat in range(repeats) for variant in turns[repeat % 2]]
