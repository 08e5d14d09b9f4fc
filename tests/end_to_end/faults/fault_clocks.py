"""A host whose clock is wrong, with PostgreSQL: what counts is the database's clock."""

import re
import tempfile
import time
from unittest import TestCase

import psycopg

from tests.end_to_end.faults.site import Site, command, frame
from tests.support.clock import wrong_clock
from tests.support.server import LIMIT, postgres
from tests.support.watcher import WebSocketWatcher

SKEW = 20  # seconds that the host's clock is ahead
OHIO = {"view": {"focus": "OH"}}


class WrongClock(TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-clock-"))
        self.database = self.enterContext(postgres())
        self.site = Site(self.database, **wrong_clock(folder, CLOCK_SKEW=SKEW))
        self.enterContext(self.site.server)
        self.assertEqual(self.site.publish({"kind": "start"})[0], 201)
        self.socket = self.enterContext(self.site.console())
        self.watcher = WebSocketWatcher(self.site.server, "night")
        self.addCleanup(self.watcher.close)

    def viewers(self, wanted):
        """Return the next frame about viewers for which `wanted` holds."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if wanted(found := frame(self.socket, "viewers")):
                return found
        raise AssertionError(f"no such frame about viewers in {LIMIT} s")

    def test_a_cue_is_taken_on_time_and_its_delivery_has_the_right_times(self):
        self.watcher.follow_to(1)
        shown = frame(self.socket, "rundown")["now"] / 1000
        self.assertLess(abs(shown - time.time()), 10)
        cue = command(self.socket, command="prepare", title="Ohio", change=OHIO)["cue"]
        due = int(1000 * (time.time() + 2))
        answer = command(self.socket, command="schedule", cue=cue, version=1, at=due)
        self.assertEqual(answer["status"], 200, answer)
        self.assertIn("mapcenter_cues_overdue 0.0\n", self.site.request("/metrics")[1])

        self.watcher.follow_to(2)

        self.assertGreaterEqual(time.time() * 1000, due)
        [update] = self.watcher.frames[-1]["updates"]
        self.assertGreaterEqual(update["at"], due)
        self.assertLess(update["at"], due + 10_000)
        told = self.viewers(
            lambda found: found["delivery"] and found["delivery"]["max"] is not None
        )
        self.assertLess(told["delivery"]["p99"], 5000)
        self.assertAlmostEqual(told["offset"], SKEW, delta=1)
        _, metrics, _ = self.site.request("/metrics")
        [offset] = re.findall(r"(?m)^mapcenter_clock_offset_seconds (\S+)$", metrics)
        self.assertAlmostEqual(float(offset), SKEW, delta=1)
        lines = self.site.server.output().splitlines()
        self.assertEqual(len([line for line in lines if "this host's clock is 20" in line]), 1)

    def test_a_proposal_that_the_feed_takes_back_is_removed_at_the_right_time(self):
        for status in ("Called", "Uncalled"):
            call = {"race": "PA", "status": status, "winner": "Dem"}
            answer = self.site.request(
                "/api/broadcasts/night/calls",
                {"calls": [call]},
                Authorization=f"Bearer {self.site.token}",
            )
            self.assertIn(answer[0], (200, 202), answer)

        with psycopg.connect(self.database) as connection:
            query = "SELECT extract(epoch FROM removed_at) FROM broadcaster_cue"
            [removed] = connection.execute(query).fetchone()

        self.assertLess(abs(float(removed) - time.time()), SKEW / 2)
