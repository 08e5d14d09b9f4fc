"""The times at which viewers are absent: they leave and come back, or their phones sleep."""

from dataclasses import dataclass
from random import Random

from loadtest.common.plan import ASLEEP, Plan, duration

AWAY = (2.0, 8.0)  # seconds that a viewer who left stays away
SLEEP = 0.5  # of the rounds: with those of 2012, 40 s, after 30 of which `serve` gives a viewer up
ASLEEP_BY = 0.4  # of the rounds, so that everybody is back before their end


@dataclass(frozen=True, slots=True)
class Absence:
    """One viewer of a simulator is absent. Times are seconds after the first update."""

    viewer: int  # the turn of its arrival
    start: float
    end: float
    vanishes: bool  # its connection stays open, but nothing reaches it


def absences(plan: Plan, simulator: int) -> list[Absence]:
    """Return the absences of one simulator's viewers, in the order of their start.

    Departures are a Poisson process over the rounds; a viewer may leave repeatedly. A phone falls
    asleep once, early enough to be back before the end, and sleeps for half of the rounds.
    """
    length, random = duration(plan.rounds), Random(simulator)
    viewers = plan.viewers(simulator)
    found = []
    for turn, viewer in enumerate(viewers):
        if viewer.habit == ASLEEP:
            start = random.random() * ASLEEP_BY * length
            found.append(Absence(turn, start, start + SLEEP * length, vanishes=True))
    movers = [turn for turn, viewer in enumerate(viewers) if not viewer.habit]
    departures = plan.habits.churn * len(viewers) * length / 60 if movers else 0
    for _ in range(int(departures + random.random())):  # rounded at random, since it may be small
        start = random.random() * length
        end = start + random.uniform(*AWAY)
        found.append(Absence(random.choice(movers), start, end, vanishes=False))
    return sorted(found, key=lambda absence: absence.start)
