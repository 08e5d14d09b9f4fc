"""The messages between the director and its child processes."""

from unittest import IsolatedAsyncioTestCase, TestCase

from loadtest.common.plan import Plan, parse_rounds
from loadtest.common.processes import LENGTH, ChildProcess, frame
from loadtest.common.target import Target
from loadtest.swarm.messages import (
    ORDERS,
    PUBLISHER_MESSAGES,
    Count,
    Ready,
    ScheduledUpdate,
    SentUpdate,
    StartPublisher,
    StartSimulator,
)
from tests.loadtest.examples import HERE
from tests.support.server import free_port


class Messages(TestCase):
    def check(self, message):
        """Expect a message to be the same after it was sent and received."""
        data = frame(message)
        self.assertEqual(int.from_bytes(data[:LENGTH], "big"), len(data) - LENGTH)
        self.assertEqual(ORDERS.decode(data[LENGTH:]), message)

    def test_plan_is_unchanged_on_its_way_to_a_simulator(self):
        plan = Plan(HERE, rounds=parse_rounds("3@0.5"), source_ips=("127.0.1.1",), ramp=0.0)
        self.check(StartSimulator(plan, 1, "swarm-x", 25.0))

    def test_send_times_and_snapshot_are_unchanged(self):
        self.check(Count({2: 7}, b"\0"))


class PublisherProcess(IsolatedAsyncioTestCase):
    async def test_publisher_receives_its_schedule_reports_and_ends(self):
        child = await ChildProcess.start("loadtest.swarm.publisher")
        self.addAsyncCleanup(child.stop)
        nowhere = Target("http://127.0.0.1", "127.0.0.1", "127.0.0.1", free_port())
        child.send(StartPublisher(nowhere, "", "swarm-x", [ScheduledUpdate(0, {"kind": "start"})]))

        ready, sent = [message async for message in child.messages(PUBLISHER_MESSAGES)]

        self.assertEqual(ready, Ready())
        self.assertIsInstance(sent, SentUpdate)
        self.assertEqual((sent.status, sent.seq), (0, 0))
        self.assertIn("refused", sent.error)
