"""The shapes of a ramp: when viewers arrive between its start (0) and its end (1)."""

import math
from collections.abc import Callable, Sequence
from random import Random

STEPS = 5
BUSY = 0.25  # the share of a step, or of the ramp with "hold", in which viewers arrive
DECAY = 5.0  # of the rate of arrivals over the ramp with "spike", in powers of e


def linear(rank: float) -> float:
    """Arrive evenly."""
    return rank


def steps(rank: float) -> float:
    """Arrive in STEPS groups, each in the first quarter of its step: the rest shows its cost."""
    within, step = math.modf(rank * STEPS)
    return (step + within * BUSY) / STEPS


def spike(rank: float) -> float:
    """Arrive as after "go to our site": the rate is highest at once, and decays exponentially.

    Half of the viewers arrive within the first 14 % of the ramp.
    """
    return -math.log(1 - rank * (1 - math.exp(-DECAY))) / DECAY


def hold(rank: float) -> float:
    """Arrive evenly in the first quarter of the ramp. In the rest all viewers are idle."""
    return rank * BUSY


FIXED: dict[str, Callable[[float], float]] = {
    "linear": linear,
    "steps": steps,
    "spike": spike,
    "hold": hold,
}
STEADY = "steady"
SHAPE_CHOICES = ("linear", STEADY, "steps", "spike", "hold")


def arrivals(shape: str, ranks: Sequence[float], seed: int) -> list[float]:
    """Return when viewers arrive, in order, each in [0, 1).

    `ranks` are the shares of all viewers who come before each. With "steady" the arrivals are a
    Poisson process: random moments at a constant rate, the same for the same `seed`.
    """
    if shape == STEADY:
        random = Random(seed)
        return sorted(random.random() for _ in ranks)
    return [FIXED[shape](rank) for rank in ranks]
