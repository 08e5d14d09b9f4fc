"""Server processes that are killed, frozen, stopped and replaced, and a worker that is killed."""

import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
from django.test import TransactionTestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.models import Broadcast
from tests.end_to_end.faults.people import SLACK
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.figures import check_within
from tests.support.log import publish
from tests.support.programs import find_program
from tests.support.server import ServeProcess, redis, wait_for
from tests.support.staff import next_frame, open_desk
from tests.support.watcher import WebSocketWatcher
from viewers.management.commands.serve import BACKLOG, HUNG_UP
from viewers.ops.server import NOTICE
from viewers.ops.supervisor import MISSED, WAIT
from viewers.protocol.frames import RETURN_RANGE, Close

VIEWERS = 12  # enough that both of two processes have some
REPLACED = MISSED * WAIT + 0.5 + SLACK  # seconds until viewers of a frozen process are back: they
# return within half a second
SOONEST = RETURN_RANGE[0] / 2  # seconds after which a viewer comes back here


def has_connection(process, client):
    """Return whether a process has the other end of a client's connection."""
    port = client.socket.getsockname()[1]
    return any(each.raddr and each.raddr.port == port for each in process.net_connections("tcp"))


class Case(TransactionTestCase):
    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        self.put({"kind": "start"})

    def put(self, change):
        return publish(self.broadcast, parse_change(change)).seq

    def serve(self, command="serve", **environment):
        self.server = self.enterContext(ServeProcess(command, **environment))

    def serve_with_two_processes(self):
        self.serve("serve --processes 2", REDIS_URL=self.enterContext(redis()))
        wait_for(lambda: self.server.lines("Serving on"), "both processes")

    def processes(self):
        """Return the processes that serve."""
        return psutil.Process(self.server.process.pid).children()

    def connect(self):
        """Return the socket of a viewer who has the first frame."""
        address = f"ws://127.0.0.1:{self.server.port}/broadcasts/{self.slug}/ws"
        socket = self.enterContext(connect(address, origin=self.server.url))
        socket.recv(10)
        return socket


class Supervised(Case):
    def test_processes_end_with_a_supervisor_that_is_killed(self):
        self.serve_with_two_processes()
        processes = self.processes()
        self.assertEqual(len(processes), 2)
        viewer = self.connect()

        self.server.process.kill()

        with self.assertRaises(ConnectionClosed) as closed:
            while True:
                viewer.recv(10)
        self.assertEqual(closed.exception.rcvd.code, Close.DRAINING)
        gone, _ = psutil.wait_procs(processes, 10)
        self.assertEqual(set(gone), set(processes))

    def test_second_set_on_the_same_port_is_refused(self):
        self.serve_with_two_processes()
        second = ServeProcess("serve --processes 2", REDIS_URL=self.server.environment["REDIS_URL"])
        self.addCleanup(second.state.cleanup)
        second.port = self.server.port

        second.start()

        self.assertEqual(second.process.wait(10), 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{second.port}: ", second.output())

    def test_viewers_of_a_frozen_process_are_unknown_at_the_desk(self):
        self.serve_with_two_processes()
        for _ in range(VIEWERS):
            self.connect()
        desk = open_desk(self)
        next_frame(desk, "viewers", lambda frame: frame["ws"] == VIEWERS)
        frozen = next(each for each in self.processes() if not has_connection(each, desk))

        supervisor = psutil.Process(self.server.process.pid)
        for each in (supervisor, frozen):  # it would replace the other
            each.suspend()
            self.addCleanup(each.resume)
        seq = self.put({"view": {"focus": "OH"}})
        frame = next_frame(desk, "viewers", lambda frame: frame["silent"])

        self.assertEqual((frame["silent"], frame["processes"]), (1, 1))
        self.assertGreater(frame["unknown"], 0)
        self.assertEqual(frame["ws"] + frame["unknown"], VIEWERS)
        self.assertEqual((frame["delivery"]["seq"], frame["delivery"]["behind"]), (seq, 0))
        self.assertEqual(frame["delivery"]["unknown"], frame["unknown"])
        frozen.resume()
        supervisor.resume()
        frame = next_frame(desk, "viewers", lambda frame: not frame["silent"])
        self.assertEqual((frame["ws"], frame["delivery"]["unknown"]), (VIEWERS, 0))

    def test_frozen_process_is_replaced_and_its_viewers_come_back(self):
        self.serve_with_two_processes()
        watchers = [WebSocketWatcher(self.server, self.slug) for _ in range(VIEWERS)]
        for watcher in watchers:
            self.addCleanup(watcher.close)
            watcher.follow_to(1)
        before = self.processes()
        began = time.monotonic()
        before[0].suspend()
        seq = self.put({"view": {"focus": "OH"}})
        for watcher in watchers:
            watcher.follow_to(seq)
        check_within(self, "a process freezes: last viewer", time.monotonic() - began, REPLACED)
        wait_for(lambda: len(self.processes()) == 2, "another process")
        self.assertIn(f"server process {before[0].pid} is frozen", self.server.output())
        self.assertTrue(before[1].is_running())

    def test_process_is_not_replaced_after_a_pause_of_all(self):
        self.serve_with_two_processes()
        before = self.processes()
        everything = [psutil.Process(self.server.process.pid), *before]
        for each in everything:
            each.suspend()
        pause = threading.Event()
        pause.wait(MISSED * WAIT + 1)
        for each in everything:
            each.resume()
        pause.wait(MISSED * WAIT + 1)
        self.assertEqual(self.processes(), before)

    def test_rolling_restart_disconnects_every_viewer_once(self):
        """Viewers come back sooner than real ones, when an old process that has yet to drain would
        get some of them.
        """
        self.serve_with_two_processes()
        before = self.processes()

        def watch(viewer):
            """Reconnect whenever the server closes. Return how often that was."""
            closings = 0
            while True:
                try:
                    while not over:
                        with suppress(TimeoutError):
                            viewer.recv(0.2)
                    return closings
                except ConnectionClosed as closed:
                    self.assertEqual(closed.rcvd.code, Close.DRAINING)
                    time.sleep(SOONEST)
                    closings, viewer = closings + 1, self.connect()

        over = []
        viewers = [self.connect() for _ in range(VIEWERS)]
        with ThreadPoolExecutor(VIEWERS) as people:
            counts = [people.submit(watch, viewer) for viewer in viewers]
            try:
                self.server.process.send_signal(signal.SIGHUP)
                psutil.wait_procs(before, 30)
            finally:
                over.append(True)
            closings = [count.result() for count in counts]

        self.assertEqual(closings, [1] * VIEWERS)
        self.assertNotIn("Traceback", self.server.output())
        self.assertEqual(len(self.processes()), 2)
        self.assertFalse({each.pid for each in before} & {each.pid for each in self.processes()})

    def test_warnings_of_the_start_are_printed_once(self):
        url = self.enterContext(redis())
        self.serve("serve --processes 2", REDIS_URL=url, ALLOWED_HOSTS="*")
        wait_for(lambda: self.server.lines("Serving on"), "both processes")

        self.assertEqual(len(self.server.lines("broadcaster.W001")), 1)


class Single(Case):
    def ready(self):
        try:
            with urlopen(f"{self.server.url}/readyz") as response:
                return response.status
        except HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return None  # refused

    def test_terminated_server_is_not_ready_for_three_seconds_before_it_refuses_connections(self):
        self.serve()
        self.connect()
        began = time.monotonic()

        self.server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: self.ready() == HTTPStatus.SERVICE_UNAVAILABLE, "503", limit=1)
        wait_for(lambda: self.ready() is None, "the refusal")

        self.assertGreater(time.monotonic() - began, NOTICE)

    def test_hangup_drains_and_exits_with_a_status_that_systemd_restarts(self):
        self.serve()
        viewer = self.connect()

        self.server.process.send_signal(signal.SIGHUP)

        with self.assertRaises(ConnectionClosed) as closed:
            while True:
                viewer.recv(10)
        self.assertEqual(closed.exception.rcvd.code, Close.DRAINING)
        self.assertEqual(self.server.process.wait(10), HUNG_UP)

    def test_address_of_an_ipv6_host_is_a_url(self):
        for host in ("::", "[::]"):
            with self.subTest(host):
                self.serve(f"serve --host {host}")
                wait_for(lambda: self.server.lines("Serving on"), "the start")
                (line,) = self.server.lines("Serving on")
                self.assertEqual(line, f"Serving on http://[::]:{self.server.port}/")

    def test_backlog_is_what_the_kernel_allows(self):
        self.serve()
        command = [find_program("ss", "iproute2"), "-Hltn", f"sport = :{self.server.port}"]
        listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        with open("/proc/sys/net/core/somaxconn") as limit:
            allowed = int(limit.read())

        self.assertEqual(int(listing.split()[2]), min(BACKLOG, allowed))
