"""The messages between the director and its child processes."""

from array import array
from unittest import IsolatedAsyncioTestCase, TestCase

from loadtest.common.plan import Plan, parse_rounds
from loadtest.common.processes import LENGTH, ChildProcess, frame
from loadtest.common.target import Target
from loadtest.swarm.messages import (
    ORDERS,
    PUBLISHER_MESSAGES,
    Count,
    EvidenceReport,
    ProgressReport,
    Ramp,
    Ready,
    Schedule,
    ScheduledUpdate,
    SentUpdate,
    Settle,
    StartPublisher,
    StartSimulator,
    UpdateProgress,
    moved,
)
from tests.loadtest.examples import HERE
from tests.support.changes import CONTESTS
from tests.support.server import free_port


class Messages(TestCase):
    def check(self, message):
        """Check that a message is unchanged after it was sent and received."""
        data = frame(message)
        self.assertEqual(int.from_bytes(data[:LENGTH], "big"), len(data) - LENGTH)
        self.assertEqual(ORDERS.decode(data[LENGTH:]), message)

    def test_plan_is_unchanged_on_its_way_to_a_simulator(self):
        plan = Plan(HERE, rounds=parse_rounds("3@0.5"), source_ips=("127.0.1.1",), ramp=0.0)
        self.check(StartSimulator(plan, 1, "swarm-x", 25.0, CONTESTS))

    def test_send_times_and_snapshot_are_unchanged(self):
        self.check(Count({2: 7}, b"\0"))

    def test_moved_messages_have_all_their_times_moved(self):
        receipts = array("q", [1, 2])
        for message, expected in (
            (Ramp(5, 2.0), Ramp(15, 2.0)),
            (Count({2: 7}, b"x"), Count({2: 17}, b"x")),
            (
                ProgressReport(at=5, ws=3, messages={2: UpdateProgress(4, 5, 6, 7, 8)}),
                ProgressReport(at=15, ws=3, messages={2: UpdateProgress(4, 15, 16, 17, 18)}),
            ),
            (
                EvidenceReport(b"x", {1: 2}, {"ws": {2: receipts.tobytes()}}),
                EvidenceReport(b"x", {1: 2}, {"ws": {2: array("q", [11, 12]).tobytes()}}),
            ),
            (Settle(), Settle()),
        ):
            self.assertEqual(moved(message, 10), expected)


class PublisherProcess(IsolatedAsyncioTestCase):
    async def test_publisher_receives_its_schedule_reports_and_ends(self):
        child = await ChildProcess.start("loadtest.swarm.publisher")
        self.addAsyncCleanup(child.stop)
        nowhere = Target("http://127.0.0.1", "127.0.0.1", "127.0.0.1", free_port())
        child.send(StartPublisher(nowhere, "", "swarm-x", False))
        child.send(Schedule([ScheduledUpdate(0, {"kind": "start"})]))
        messages = child.messages(PUBLISHER_MESSAGES)

        self.assertEqual(await anext(messages), Ready())
        sent = await anext(messages)

        self.assertIsInstance(sent, SentUpdate)
        self.assertEqual((sent.status, sent.seq), (0, 0))
        self.assertIn("refused", sent.error)
