"""Delivery from a real `serve` to viewers: scenarios for both transports and both layers."""

import uuid
from contextlib import ExitStack

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase

from broadcaster.models import ApiToken, Broadcast
from broadcaster.publishing.publish import start_over
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, redis
from tests.support.watcher import PollWatcher, WebSocketWatcher

HEADLINE = {"headline": "Called"}


def view(focus):
    return {"view": {"focus": focus}}


def call(unit, party):
    return {"calls": {"president": {unit: {"status": "called", "party": party}}}, "story": HEADLINE}


class DeliveryScenarios:
    """The scenarios. Subclasses set the transport and the layer."""

    watcher_class: type
    layer: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        environment = {"HEARTBEAT": "2"}
        if cls.layer == "redis":
            environment["REDIS_URL"] = stack.enter_context(redis())
        cls.server = stack.enter_context(ServeProcess(**environment))

    @classmethod
    def tearDownClass(cls):
        output = cls.server.output()
        super().tearDownClass()
        # A broadcast that is idle for longer than the layer waits for a message is no lost layer.
        assert "channel layer lost" not in output, output

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        user = get_user_model().objects.create_superuser(f"robot-{self.slug}")
        self.token = ApiToken.issue(user)
        self.publish({"kind": "start"})

    def publish(self, change):
        """Publish through the server, which announces it."""
        return self.server.publish(self.slug, self.token, change)

    def publish_unannounced(self, change):
        """Publish from this process, whose layer has no members: the announcement is lost."""
        return publish(self.broadcast, parse_change(change)).seq

    def watcher(self):
        watcher = self.watcher_class(self.server, self.slug)
        self.addCleanup(watcher.close)
        return watcher

    def stored_state(self):
        self.broadcast.refresh_from_db()
        return self.broadcast.state

    def test_late_viewer_starts_from_the_snapshot_and_follows(self):
        self.publish(call("KY", "R"))
        self.publish(view("OH"))
        watcher = self.watcher()

        watcher.follow_to(3)
        self.publish(call("VT", "D"))
        watcher.follow_to(4)

        self.assertEqual(watcher.names(), ["snapshot", "updates"])
        self.assertEqual(watcher.seqs(), [4])
        self.assertEqual(watcher.state, self.stored_state())
        totals = {"D": 3, "R": 8, "O": 0, "uncalled": 527}
        self.assertEqual(watcher.state.totals, {"president": totals})

    def test_returning_viewer_gets_only_missed_updates(self):
        watcher = self.watcher()
        watcher.follow_to(1)
        watcher.close()
        self.publish(view("OH"))
        self.publish(call("OH", "R"))

        watcher.follow_to(3)

        self.assertEqual(watcher.names().count("snapshot"), 1)
        self.assertEqual(watcher.seqs(), [2, 3])
        self.assertEqual(watcher.state, self.stored_state())

    def test_lost_announcement_is_found_by_the_head_check(self):
        watcher = self.watcher()
        watcher.follow_to(1)

        self.publish_unannounced(call("PA", "D"))
        watcher.follow_to(2)

        self.assertEqual(watcher.state, self.stored_state())

    def test_gap_is_filled_from_the_log_in_order(self):
        watcher = self.watcher()
        watcher.follow_to(1)

        self.publish_unannounced(view("OH"))
        self.publish_unannounced(view("PA"))
        self.publish(view(""))
        watcher.follow_to(4)

        self.assertEqual(watcher.seqs(), [2, 3, 4])
        self.assertNotIn("gap", [name for name, _ in watcher.events])

    def test_new_epoch_reaches_viewers_as_a_snapshot(self):
        self.publish(call("PA", "D"))
        watcher = self.watcher()
        watcher.follow_to(2)

        start_over(self.broadcast)
        watcher.follow_to(0)
        self.publish({"kind": "start"})
        watcher.follow_to(1)

        self.assertEqual(watcher.state.calls, {})
        self.assertEqual(watcher.state, self.stored_state())

    def test_viewers_miss_nothing_when_the_server_restarts(self):
        watcher = self.watcher()
        watcher.follow_to(1)

        self.server.stop()
        self.publish_unannounced(call("GA", "D"))
        self.server.start()
        watcher.follow_to(2)
        self.publish(call("AZ", "D"))
        watcher.follow_to(3)

        self.assertEqual(watcher.seqs(), [2, 3])
        self.assertEqual(watcher.names().count("snapshot"), 1)
        self.assertEqual(watcher.state, self.stored_state())

    def test_end_of_the_broadcast_closes_viewers_for_good(self):
        watcher = self.watcher()
        watcher.follow_to(1)

        self.publish({"kind": "end"})
        watcher.follow(lambda: watcher.session.over is not None)

        self.assertEqual(watcher.state.phase, "ended")
        self.assertEqual(watcher.names()[-1], "bye")
        self.assertEqual(watcher.session.over, 4001)

    def test_idle_viewers_get_heartbeats(self):
        watcher = self.watcher()
        watcher.follow_to(1)

        watcher.follow(lambda: "heartbeat" in watcher.names())

        self.assertEqual(watcher.session.heartbeat, 2)
        self.assertEqual(watcher.frames[-1]["seq"], 1)

    def test_unknown_broadcast_closes_viewers_for_good(self):
        watcher = self.watcher_class(self.server, "no-such-night")

        watcher.follow(lambda: watcher.session.over is not None)

        self.assertEqual(watcher.session.over, 4044)

    def test_deleted_broadcast_closes_viewers_for_good(self):
        empty = Broadcast.objects.create(
            slug=f"{self.slug}-empty", title="Never", contests=president(2020)
        )
        watcher = self.watcher_class(self.server, empty.slug)
        watcher.follow_to(0)

        empty.delete()
        watcher.follow(lambda: watcher.session.over is not None)

        self.assertEqual(watcher.session.over, 4044)


class WebSocketInMemory(DeliveryScenarios, TransactionTestCase):
    watcher_class = WebSocketWatcher
    layer = "memory"


class PollInMemory(DeliveryScenarios, TransactionTestCase):
    watcher_class = PollWatcher
    layer = "memory"


class WebSocketOverRedis(DeliveryScenarios, TransactionTestCase):
    watcher_class = WebSocketWatcher
    layer = "redis"


class PollOverRedis(DeliveryScenarios, TransactionTestCase):
    watcher_class = PollWatcher
    layer = "redis"
