"""ViewerSession with the cases of tests/vectors/session.json, which JavaScript runs too."""

import json
from pathlib import Path
from unittest import TestCase

import msgspec

from broadcaster.domain.stream import Replica, Snapshot
from tests.support.contests import show
from viewers.protocol.session import BACK_OFF, Attempt, ViewerSession

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors", "session.json").read_text())
CONTESTS = show(**VECTORS["contests"]).contests
FRAMES = {
    name: frame if isinstance(frame, str) else json.dumps(frame)
    for name, frame in VECTORS["frames"].items()
}


class SessionVectorTests(TestCase):
    def test_session_matches_the_vectors(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]):
                self.run_case(case)

    def run_case(self, case):
        numbers = iter(case["random"])
        session = ViewerSession(
            CONTESTS, tuple(case.get("transports", ("ws", "poll"))), numbers.__next__
        )
        if start := case.get("start"):
            session.replica = Replica(msgspec.convert(VECTORS["frames"][start], Snapshot), CONTESTS)
        for number, step in enumerate(case["steps"], 1):
            with self.subTest(step=number, **step):
                getattr(self, step["do"])(session, step)
                if "deadline" in step:
                    self.assertAlmostEqual(session.deadline, step["deadline"])
                self.assertEqual(session.over, step.get("over", session.over))
        self.assertEqual(list(numbers), [], "random numbers are left")

    def attempt(self, session, step):
        found = session.attempt(step["at"])
        if step["gives"] is None:
            self.assertIsNone(found)
            return
        self.assertEqual(found.transport, step["gives"]["transport"])
        self.assertAlmostEqual(found.delay, step["gives"]["delay"])
        self.assertEqual(found.since, step["gives"]["since"])

    def opened(self, session, step):
        session.opened()

    def receive(self, session, step):
        events = session.handle_frame(FRAMES[step["frame"]], step["at"])
        self.assertEqual([event for event, _ in events], step["events"])
        self.assertEqual(session.since, step["position"])
        self.assertEqual(session.failed, step.get("failed", False))

    def ended(self, session, step):
        session.ended(step["at"], step.get("code"))

    def timed_out(self, session, step):
        session.timed_out(step["at"])


class BackOffTests(TestCase):
    def test_back_off_goes_on_after_thousands_of_failures(self):
        session = ViewerSession(CONTESTS, ("ws",), lambda: 1.0)
        for _ in range(2000):
            session.attempt(0)
            session.ended(0, 1006)
        self.assertEqual(session.attempt(0), Attempt("ws", BACK_OFF[1], None))
