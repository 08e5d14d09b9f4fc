"""A thousand viewers: all of them return at once, or one in a hundred never reads."""

import json
import re
import tempfile
import threading
import time
import uuid
from pathlib import Path
from urllib.request import urlopen

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase

from broadcaster.models import ApiToken, Broadcast
from loadtest.common.exit_codes import ExitCode
from tests.end_to_end.faults.people import FOCUSES, LONGEST_ANSWER, LONGEST_DELAY
from tests.end_to_end.faults.site import command
from tests.end_to_end.test_slow_viewers import BODY, FastViewers, RawWebSocket
from tests.loadtest.swarm_process import HELD, swarm
from tests.support.contests import president
from tests.support.figures import check_within
from tests.support.server import LIMIT, ServeProcess, wait_for
from tests.support.staff import next_frame, open_desk

VIEWERS = 1000
NEVER_READ = VIEWERS // 100
UPDATES = 60  # of 4 KB: more than the buffers of a viewer who never reads
CUT_OFF = 3.0  # seconds in which viewers are back whose first attempt succeeds
KILLED = 50  # seconds: until the server has started again, and the longest wait between attempts


class Thousand(TransactionTestCase):
    """One server process, with a desk on a broadcast of its own."""

    def setUp(self):
        self.server = self.enterContext(ServeProcess())
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=slug, title="Night", contests=president(2020), approval="never"
        )
        self.token = ApiToken.issue(get_user_model().objects.create_superuser(slug))
        self.server.publish(slug, self.token, {"kind": "start"})

    def take(self, desk, story=None):
        """Take another view at a desk. Return seq and the seconds until the answer."""
        began = time.monotonic()
        change = {"view": {"focus": next(FOCUSES)}} | (story or {})
        answer = command(desk, command="take", change=change)
        self.assertEqual(answer["status"], 201, answer)
        return answer["seq"], time.monotonic() - began

    def run_swarm(self, phase, meanwhile, *arguments):
        """Run a swarm, and call `meanwhile` when `phase` begins. Return exit status and report."""
        options = ("--clients", str(VIEWERS), "--transport", "mix", "--ramp", "5")
        options += ("--rounds", "10@1", "--progress", "plain", "--report", self.folder)
        state = {"STATE_DIRECTORY": self.server.state.name}
        with swarm(self.server.url, *options, *arguments, **state) as process:
            watchdog = threading.Timer(6 * LIMIT, process.kill)
            watchdog.start()
            next(line for line in process.stdout if line.startswith(f"phase {phase}"))
            meanwhile()
            output = process.stdout.read()
            watchdog.cancel()
        report = Path(self.folder, "report.json")
        self.assertTrue(report.exists(), output)
        return process.returncode, json.loads(report.read_text())

    def check_desk(self, fault, seconds):
        """Take one view after the other at a new desk. Check the waits for an answer."""
        desk, waits, end = open_desk(self), [], time.monotonic() + seconds
        while time.monotonic() < end:
            waits.append(self.take(desk)[1])
        check_within(self, f"{fault}: answer at a desk", max(waits), LONGEST_ANSWER)

    def check_all_follow(self, report):
        deliveries = report["deliveries"]
        self.assertEqual(deliveries["converged"], VIEWERS)
        self.assertEqual((deliveries["missing"], deliveries["expected"]), (0, 10 * VIEWERS))

    def test_thousand_viewers_who_are_cut_off_return_at_once(self):
        fault = "a thousand viewers are cut off"
        code, report = self.run_swarm("storm", lambda: self.check_desk(fault, 5), "--storm")
        self.assertIn(code, HELD, report["verdict"])
        self.assertEqual(report["audience"]["returned"], VIEWERS)
        back = report["audience"]["returning"]["p99"] / 1000
        check_within(self, f"{fault}: 99 of 100 are back", back, CUT_OFF)
        self.check_all_follow(report)

    def test_thousand_viewers_return_to_a_server_that_was_killed(self):
        fault = "the server of a thousand viewers is killed"

        def restart():
            began = time.monotonic()
            self.server.process.kill()
            self.server.process.wait()
            self.server.start()
            self.check_desk(fault, 5)
            wait_for(lambda: self.viewers() == VIEWERS, "the viewers", limit=2 * LIMIT)
            check_within(self, f"{fault}: last is back", time.monotonic() - began, KILLED)

        code, report = self.run_swarm("settle", restart, "--settle", str(KILLED + 5))
        # For the swarm a lost connection is a failure.
        self.assertIn(code, (*HELD, ExitCode.FAILED), report["verdict"])
        self.check_all_follow(report)

    def viewers(self):
        """Return how many viewers the server has."""
        with urlopen(f"{self.server.url}/metrics", timeout=10) as response:
            counts = re.findall(r"(?m)^mapcenter_viewers{.*} (\d+)", response.read().decode())
        return sum(map(int, counts))

    def test_hundredth_part_that_never_reads_delays_nobody(self):
        fault = "one in a hundred never reads"
        viewers = FastViewers(self.server, self.broadcast.slug, VIEWERS - NEVER_READ)
        self.addCleanup(viewers.close)
        for _ in range(NEVER_READ):
            slow = RawWebSocket(self.server, self.broadcast.slug)
            self.addCleanup(slow.close)
            slow.frame()
        desk, waits, delays = open_desk(self), [], []
        for number in range(UPDATES):
            began = time.monotonic()
            seq, wait = self.take(desk, {"story": {"headline": str(number), "body": BODY}})
            viewers.follow_to(seq)
            waits.append(wait)
            delays.append(time.monotonic() - began)

        check_within(self, f"{fault}: answer at a desk", max(waits), LONGEST_ANSWER)
        check_within(self, f"{fault}: last of the others", max(delays), LONGEST_DELAY)
        for seqs in viewers.seqs.values():
            self.assertEqual(seqs, list(range(2, UPDATES + 2)))
        found = next_frame(desk, "viewers", lambda frame: frame["delivery"]["seq"] == seq)
        self.assertEqual(found["delivery"]["behind"], NEVER_READ)
