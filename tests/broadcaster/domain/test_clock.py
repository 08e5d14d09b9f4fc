"""The shared clock: the last reading, carried on, whatever the host's clock does."""

import time
from unittest import TestCase, mock

from broadcaster.domain.clock import SharedClock


class SharedClockTests(TestCase):
    def test_time_is_carried_on_from_the_last_reading(self):
        clock = SharedClock()
        clock.set(1000.0)
        before = clock.seconds()
        with mock.patch.object(time, "time", return_value=0.0):  # the host's clock jumps
            after = clock.seconds()

        self.assertAlmostEqual(before, 1000.0, delta=1)
        self.assertLessEqual(before, after)
        self.assertAlmostEqual(after, 1000.0, delta=1)

    def test_offset_is_how_far_the_host_is_ahead(self):
        clock = SharedClock()
        self.assertEqual(clock.offset, 0)
        clock.set(time.time() - 20)

        self.assertAlmostEqual(clock.offset, 20, delta=1)

    def test_clock_is_the_hosts_before_a_reading(self):
        self.assertAlmostEqual(SharedClock().seconds(), time.time(), delta=1)
