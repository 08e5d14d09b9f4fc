"""Several server processes behind one port, with a real Redis between them."""

import os
import signal
import uuid
from contextlib import ExitStack, suppress

import psutil
from django.contrib.auth import get_user_model
from django.test import TransactionTestCase
from redis import Redis

from broadcaster.layer.messages import group_name
from broadcaster.models import ApiToken, Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, free_port, redis, wait_for
from tests.support.staff import next_frame, open_desk
from tests.support.two_processes import TwoProcesses
from tests.support.watcher import PollWatcher, WebSocketWatcher
from viewers.fanout.relay import HEAD_CHECK


def next_delivery(desk, wanted):
    """Return the next delivery for which `wanted` is true."""
    return next_frame(
        desk, "viewers", lambda frame: frame["delivery"] and wanted(frame["delivery"])
    )["delivery"]


def listens(process):
    """Return whether a process runs and accepts connections."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return any(line.status == psutil.CONN_LISTEN for line in process.net_connections("tcp"))
    return False


class Processes(TwoProcesses):
    def setUp(self):
        super().setUp()
        wait_for(lambda: len(self.workers()) == 2, "two processes")

    def workers(self):
        """Return the ids of the processes that serve."""
        children = psutil.Process(self.server.process.pid).children()
        return {child.pid for child in children if listens(child)}

    def watchers(self):
        """Return so many viewers that each process has some."""
        watchers = [WebSocketWatcher(self.server, self.slug) for _ in range(12)]
        watchers += [PollWatcher(self.server, self.slug) for _ in range(4)]
        for watcher in watchers:
            self.addCleanup(watcher.close)
            watcher.follow_to(1)
        return watchers

    def publish(self, change):
        publish(self.broadcast, parse_change(change))

    def assertAllFollow(self, watchers, seq):
        for watcher in watchers:
            watcher.follow_to(seq)
            self.assertEqual(watcher.seqs(), list(range(2, seq + 1)))
            self.assertEqual(watcher.names().count("snapshot"), 1)

    def test_killed_process_is_replaced_and_viewers_miss_no_update(self):
        watchers = self.watchers()
        self.publish({"view": {"focus": "OH"}})
        self.assertAllFollow(watchers, 2)

        before = self.workers()
        os.kill(min(before), signal.SIGKILL)
        self.publish({"view": {"focus": "PA"}})
        self.assertAllFollow(watchers, 3)
        wait_for(lambda: len(self.workers()) == 2 and self.workers() != before, "a replacement")
        self.publish({"view": {"focus": ""}})
        self.assertAllFollow(watchers, 4)

    def test_rolling_restart_replaces_every_process_and_loses_no_update(self):
        watchers = self.watchers()
        before = self.workers()

        self.server.process.send_signal(signal.SIGHUP)
        wait_for(
            lambda: len(self.workers()) == 2 and not self.workers() & before,
            "two new processes",
            limit=60,  # two drains and two starts, one after the other
        )
        self.publish({"view": {"focus": "OH"}})

        self.assertAllFollow(watchers, 2)

    def test_desk_shows_the_sum_over_processes(self):
        watchers = self.watchers()
        desk = open_desk(self)
        viewers = next_frame(desk, "viewers", lambda frame: frame["ws"] == 12)
        self.assertEqual((viewers["processes"], viewers["delivery"]), (2, None))

        self.publish({"view": {"focus": "OH"}})
        self.assertAllFollow(watchers, 2)
        everyone = {"ws": 12, "poll": 4}
        delivery = next_delivery(desk, lambda found: found["reached"] == everyone)
        self.assertEqual(
            (delivery["seq"], delivery["expected"], delivery["behind"]), (2, everyone, 0)
        )
        self.assertLessEqual(delivery["p50"], delivery["p99"])
        self.assertLess(delivery["max"], 10_000)

        self.publish({"view": {"focus": "PA"}})  # while the polls are between two polls
        delivery = next_delivery(desk, lambda found: found["reached"] == {"ws": 12, "poll": 0})
        self.assertEqual(
            (delivery["seq"], delivery["expected"]["poll"], delivery["behind"]), (3, 4, 4)
        )
        self.assertAllFollow(watchers, 3)
        viewers = next_frame(desk, "viewers", lambda frame: frame["delivery"]["behind"] == 0)
        self.assertEqual(viewers["delivery"]["reached"], everyone)
        self.assertEqual(len(viewers["ages"]), 2)
        self.assertLess(max(viewers["ages"]), 2 * HEAD_CHECK)

    def test_all_processes_stop_together(self):
        before = self.workers()
        self.addCleanup(self.server.start)

        self.assertEqual(self.server.stop(), 0)

        self.assertFalse([pid for pid in before if psutil.pid_exists(pid)])


class RedisRestarts(TransactionTestCase):
    def test_viewers_miss_no_update_while_redis_is_down_or_afterwards(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        broadcast = Broadcast.objects.create(slug=slug, title="Night", contests=president(2020))
        publish(broadcast, parse_change({"kind": "start"}))
        token = ApiToken.issue(get_user_model().objects.create_superuser(slug))
        port = free_port()
        with ExitStack() as before:
            url = before.enter_context(redis(port))
            server = self.enterContext(ServeProcess(REDIS_URL=url))
            watchers = [WebSocketWatcher(server, slug), PollWatcher(server, slug)]
            for watcher in watchers:
                self.addCleanup(watcher.close)
                watcher.follow_to(1)
        server.publish(slug, token, {"view": {"focus": "OH"}})  # Redis is down
        for watcher in watchers:
            watcher.follow_to(2)
        with redis(port):
            server.publish(slug, token, {"view": {"focus": "PA"}})
            for watcher in watchers:
                watcher.follow_to(3)
                self.assertEqual(watcher.seqs(), [2, 3])
            wait_for(lambda: "layer is back" in server.output(), "the relay to be back")
            output = server.output()
        logged = [line for line in output.splitlines() if "channel layer" in line]
        self.assertRegex("\n".join(logged), r"^.* lost, trying again: .+\n.* is back$")
        self.assertNotIn("Traceback", output)

    def test_all_relays_of_a_process_join_again_after_a_quick_restart(self):
        """Only one channel of a process waits for Redis, so only that one gets the error."""
        broadcasts = [
            Broadcast.objects.create(slug=f"night-{n}", title="Night", contests=president(2020))
            for n in range(3)
        ]
        url = self.enterContext(redis())
        server = self.enterContext(ServeProcess(REDIS_URL=url))
        watchers = [WebSocketWatcher(server, broadcast.slug) for broadcast in broadcasts]
        for watcher in watchers:
            self.addCleanup(watcher.close)
            watcher.follow_to(0)

        with Redis.from_url(
            url
        ) as connection:  # to clients, the same as a restart within milliseconds
            connection.flushall()
            connection.client_kill_filter(_type="normal", skipme=True)
            for broadcast in broadcasts:
                publish(broadcast, parse_change({"kind": "start"}))  # unannounced: no Redis here
            for watcher in watchers:
                watcher.follow_to(1)
            for broadcast in broadcasts:
                group = f"asgi:group:{group_name(broadcast.pk)}"
                wait_for(lambda group=group: connection.zcard(group), f"a member of {group}")


class WithoutRedis(TransactionTestCase):
    def test_several_processes_without_redis_do_not_start(self):
        with self.assertRaisesMessage(AssertionError, "needs REDIS_URL"):
            ServeProcess("serve --processes 2").start()
