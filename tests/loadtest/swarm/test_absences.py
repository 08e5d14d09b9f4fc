"""The times at which viewers are absent during the rounds."""

from unittest import TestCase

from loadtest.common.habits import Habits
from loadtest.common.plan import Plan, parse_rounds
from loadtest.swarm.absences import absences
from tests.loadtest.examples import HERE

ROUNDS = parse_rounds("10@5,10@2,10@1")  # 80 seconds


def plan(**habits):
    return Plan(HERE, clients=600, simulators=2, rounds=ROUNDS, habits=Habits(**habits))


class Absences(TestCase):
    def test_nobody_is_absent_unless_asked_for(self):
        self.assertEqual(absences(plan(slow=0.5), 0), [])

    def test_departures_follow_the_rate(self):
        found = absences(plan(churn=0.3), 0)
        self.assertAlmostEqual(len(found), 0.3 * 300 * 80 / 60, delta=1)
        for absence in found:
            self.assertFalse(absence.vanishes)
            self.assertTrue(0 <= absence.start < 80, absence)
            self.assertTrue(2 <= absence.end - absence.start <= 8, absence)
        self.assertEqual(found, sorted(found, key=lambda absence: absence.start))

    def test_each_sleeper_sleeps_once_and_wakes_before_the_end(self):
        viewers = plan(asleep=0.1).viewers(0)
        sleepers = {turn for turn, viewer in enumerate(viewers) if viewer.habit == "asleep"}
        found = absences(plan(asleep=0.1), 0)
        self.assertEqual({absence.viewer for absence in found}, sleepers)
        self.assertEqual(len(found), 30)
        for absence in found:
            self.assertTrue(absence.vanishes)
            self.assertAlmostEqual(absence.end - absence.start, 40)
            self.assertLess(absence.end, 72)

    def test_sleepers_do_not_leave(self):
        found = absences(plan(churn=6, asleep=0.5), 1)
        sleepers = {absence.viewer for absence in found if absence.vanishes}
        movers = {absence.viewer for absence in found if not absence.vanishes}
        self.assertFalse(sleepers & movers)
