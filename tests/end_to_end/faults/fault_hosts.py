"""Two hosts behind HAProxy that share a PostgreSQL and a Redis. The clock of one is 20 s ahead.

One of them is killed, frozen or cut off, or both stop in turn. Nothing is lost, nothing comes
twice, no viewer waits long, and two open consoles say what is not known.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from broadcaster.desk.consumer import INTERVAL, STALE
from tests.end_to_end.faults.hosts import SKEW, HostsCase
from tests.end_to_end.faults.people import LONGEST_ANSWER, LONGEST_DELAY, SLACK
from tests.support.figures import check_within
from tests.support.server import wait_for, worker

COME_BACK = 0.5 + SLACK  # seconds; the longest wait of a viewer who lost its connection
FAILOVER = 3.0 + SLACK  # seconds; HAProxy's checks and that wait
LATEST_CUE = 3.0  # seconds; docs/operating.md
PROCESSES = 2  # of a host


class Faults(HostsCase):
    def test_host_that_is_killed(self):
        self.wrong.kill()
        self.check_failover("host killed", COME_BACK)
        self.wrong.start()
        self.check_all_is_well(silent=PROCESSES)

    def test_host_that_is_frozen(self):
        with self.wrong.frozen():
            self.check_failover("host frozen", FAILOVER)
        self.check_all_is_well()

    def test_host_that_vanishes_from_the_network(self):
        with self.network.unplugged(self.wrong.node):
            self.check_failover("host off the network", FAILOVER)
        self.check_all_is_well()

    def check_failover(self, fault, bound):
        """Check that viewers of the second host, the API and the desk go on at the first one."""
        with ThreadPoolExecutor(1) as other:
            through_the_proxy = other.submit(self.people.publish)
            self.publish_for(5, self.right.url)
        latest = self.people.follow()
        check_within(self, f"{fault}: last viewer has an update", latest, bound)
        check_within(self, f"{fault}: answer of the API", through_the_proxy.result(), FAILOVER)
        self.check_desk(fault)
        self.people.follow()

    def test_host_that_is_cut_off_from_redis(self):
        with self.network.cut(self.wrong.node, self.layer):
            for _ in range(4):
                self.publish_for(1, self.right.url)
                self.publish_for(1, self.wrong.url)
            self.check_desk("host cut off from Redis")
            latest = self.people.follow()
            for console in self.people.consoles:
                wait_for(
                    lambda console=console: (
                        not console.viewers["known"] or console.viewers["silent"] > 0
                    ),
                    "a desk that says what it does not know",
                )

        check_within(self, "host cut off from Redis: last viewer", latest, LONGEST_DELAY)
        self.check_all_is_well()
        layer = [line for line in self.logged(self.wrong) if "channel layer" in line]
        # Lost and back, and once more: connections from before the cut recover later than others.
        self.assertLessEqual(len(layer), 4 * PROCESSES, layer)
        self.assertEqual(self.logged(self.right), [])

    def test_host_that_is_cut_off_from_the_database(self):
        fault = "host cut off from PostgreSQL"
        with self.network.cut(self.wrong.node, self.database):
            began = time.monotonic()
            status, answer, _ = self.site.publish({"view": {"focus": "TX"}}, self.wrong.url)
            seconds = time.monotonic() - began
            check_within(self, f"{fault}: answer of its API", seconds, LONGEST_ANSWER)
            self.assertEqual(status, 503, answer)
            self.publish_for(5, self.right.url)
            for console in self.people.consoles:
                seconds, _ = console.ask("take", change=self.people.next_view())
                check_within(self, f"{fault}: answer at a desk", seconds, LONGEST_ANSWER)
            began = time.monotonic()
            self.people.wait_for_consoles(
                lambda console: console.seq == self.people.head, "consoles to follow elsewhere"
            )
            seconds = time.monotonic() - began
            check_within(self, f"{fault}: consoles follow elsewhere", seconds, STALE + INTERVAL)
            latest = self.people.follow()

        check_within(self, f"{fault}: last viewer has an update", latest, 1 + SLACK)
        self.check_all_is_well()
        self.assertLess(len(self.logged(self.wrong)), 8 * PROCESSES, self.logged(self.wrong))

    def test_hosts_that_stop_one_after_the_other(self):
        for host in self.hosts:
            host.stop()
            self.people.publish()
            host.start()
            wait_for(lambda host=host: self.is_ready(host), "the host")
            wait_for(self.people.all_are_connected, "the viewers")
        self.people.follow()

        self.check_absences("hosts stop in turn")
        self.check_all_is_well()

    def test_clock_that_is_ahead(self):
        with worker(self.wrong):
            seq, due = self.schedule(3)
            for _ in range(3):
                for host in self.hosts:
                    self.people.publish(host.url)
            self.people.follow()
        updates = [found for name, found in self.people.watchers[0].events if name == "update"]
        times = [update.at for update in updates]

        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual({u.seq: u.at for u in updates}[seq], due)
        self.assertLess(times[-1], 1000 * (time.time() + 1))
        self.people.wait_for_consoles(
            lambda console: abs(console.viewers.get("offset", 0) - SKEW) < 1,
            "the offset at each console",
        )
        lines = self.wrong.lines(f"this host's clock is {SKEW}")
        self.assertEqual(len(lines), PROCESSES, lines)
        self.assertEqual(self.right.lines("clock is"), [])
        self.check_all_is_well()

    def schedule(self, seconds):
        """Schedule a cue at a console. Check that it is taken, and not before its time.

        Return the seq of the update, and the time in ms since 1970.
        """
        console, seq = self.people.consoles[0], self.people.head + 1
        due = int(1000 * (time.time() + seconds))
        _, cue = console.ask("prepare", title="Next", change=self.people.next_view())
        _, answer = console.ask("schedule", cue=cue["cue"], version=1, at=due)
        self.assertEqual(answer["status"], 200, answer)
        self.people.published[seq] = time.monotonic() + due / 1000 - time.time()
        late = self.people.follow()
        for watcher in self.people.watchers:
            self.assertGreaterEqual(self.people.delay(watcher, seq), 0)
        check_within(self, "clock 20 s ahead: a scheduled cue is late by", late, LATEST_CUE)
        return seq, due
