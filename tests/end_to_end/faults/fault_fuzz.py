"""At least 10,000 requests, frames and commands of any kind, to every address there is.

The server answers each with its proper status, logs little, grows by little, and works as before.
The seed is fixed: every run sends the same, except for ids, slugs and times, which are new.
"""

import json
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from unittest import TestCase

import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisDeprecationWarning

from broadcaster.domain.geometry import shipped
from broadcaster.domain.recording_file import parse_recording
from mapcenter.request_limits import MAX_RUNNING
from tests.end_to_end.faults.fuzz_frames import conversations, raw_bytes, statuses, talk
from tests.end_to_end.faults.fuzz_requests import QUERIES, requests, valid_json
from tests.end_to_end.faults.fuzz_site import SLUGS, FuzzSite
from tests.end_to_end.faults.fuzz_values import json_bodies
from tests.end_to_end.faults.site import frame
from tests.support.addresses import http_routes, websocket_routes
from tests.support.server import postgres
from tests.support.watcher import PollWatcher, WebSocketWatcher
from viewers.protocol.frames import Close

STATIC = "static/<path>"  # WhiteNoise serves it, before Django looks at addresses
COMMAND = "admin/broadcaster/broadcast/<pk>/console/command"
CASES = {  # in hundreds: one for every other address
    "api/broadcasts": 3,
    "api/broadcasts/<slug>/calls": 4,
    "api/broadcasts/<slug>/updates": 6,
    COMMAND: 4,
    "commands": 6,
    "raw bytes": 4,
    "admin/broadcaster/auditentry/": 2,
    "admin/broadcaster/broadcast/<object_id>/change/": 2,
}
REJECTIONS = {400, 401, 403, 404, 405, 409, 413, 415, 416, 426, 429, 431}
CLOSE_CODES = {1000, 1002, 1003, 1005, 1007, 1008, 1009, *map(int, Close)}

AT_ONCE = 4  # cases: drawing one costs as much as answering one
MEGABYTES = 100  # that the server may grow: it keeps up to 200 pages and 64 pictures
THREADS = 16
FILES = 8
LINES = 100  # a minute: ten of a kind


class Addresses(TestCase):
    def test_every_public_address_has_a_strategy(self):
        """Strategies for the admin are made from its pages."""
        addresses = {route.removeprefix("es/") for route in http_routes() | websocket_routes()}
        public = {route for route in addresses if not route.startswith("admin/")}
        self.assertEqual(public | {STATIC}, set(QUERIES))


class Fuzz:
    """Mixin for test cases. `share` of all cases are sent to `site`."""

    site: FuzzSite
    share = 1.0
    max_files = FILES

    def setUp(self):
        self.enterContext(warnings.catch_warnings())
        # It takes the random numbers of another thread's test for those of a strategy.
        warnings.filterwarnings("ignore", category=HypothesisDeprecationWarning)
        self.enterContext(self.site.server)
        self.site.prepare()
        self.counts: dict[str, int] = {}
        self.published: set[tuple[str, int]] = set()
        self.console = None

    def test_server_answers_everything_and_works_as_before(self):
        routes = sorted(http_routes() | {STATIC})
        for route in routes:
            self.site.inputs(route)  # asks for every page once
        before, began = self.resources(), time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as threads:

            def fuzz(name, cases, check):
                running[name] = threads.submit(self.fuzz, name, cases, check)

            running = {}
            fuzz("raw bytes", raw_bytes(), self.check_raw_bytes)  # these wait most
            for route in sorted(websocket_routes()):
                fuzz(route, conversations(self.site, route), self.check_conversation)
            fuzz("commands", json_bodies(valid_json(self.site, COMMAND)), self.check_command)
            for route in routes:
                fuzz(route, requests(self.site, route), self.check_request)
        for name, fuzzed in running.items():
            with self.subTest(name):
                fuzzed.result()

        self.check_log((time.monotonic() - began) / 60)
        self.check_updates()
        self.check_service()
        self.check_growth(before)
        self.assertGreaterEqual(sum(self.counts.values()), 10_000 * self.share, self.counts)

    def fuzz(self, name, cases, check):
        """Draw cases, count them, and check each. Raises what is wrong with one of them."""

        @settings(
            max_examples=round(100 * CASES.get(name, 1) * self.share),
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(cases)
        def run(case):
            self.counts[name] = self.counts.get(name, 0) + 1
            check(case)

        run()

    def check_request(self, request):
        response, body = self.site.send(request)
        seen = f"{response.status} {body[:300]!r}\n{self.site.server.output()[-2000:]}"
        if response.status < HTTPStatus.BAD_REQUEST:
            self.note_update(body)
            return
        self.assert_status(response.status, seen)
        if response.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.assertIn("Allow", response.headers, seen)
        is_json = response.headers["Content-Type"] == "application/json"
        if request.is_for_programs and response.status != HTTPStatus.FORBIDDEN:  # as for CSRF
            self.assertTrue(is_json, seen)
        if is_json and body:  # a HEAD request gets none
            self.check_error(response.status, json.loads(body), seen)

    def check_error(self, status, answer, seen):
        """Check that a JSON error says what was wrong, and where."""
        self.assertTrue(answer["error"], seen)
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
            self.assertTrue(answer["field"], seen)

    def check_conversation(self, conversation):
        outcome = talk(self.site.server.port, conversation)
        if outcome.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.assert_status(outcome.status, outcome)
        elif not outcome.is_open:
            self.assertIn(outcome.code, CLOSE_CODES)

    def check_command(self, body):
        """Send a command on the console's socket, as text if it is text, and check the answer."""
        if self.console is None or self.counts["commands"] % 300 == 0:  # 1,000 frames are a flood
            if self.console is not None:
                self.console.close()
            self.console = self.enterContext(self.site.console())
        try:
            self.console.send(body.decode())
        except UnicodeDecodeError:
            self.console.send(body)
        answer = frame(self.console, "answer")
        self.note_update(json.dumps(answer))
        if answer["status"] >= HTTPStatus.BAD_REQUEST:
            self.assert_status(answer["status"], answer)
            self.check_error(answer["status"], answer, answer)

    def check_raw_bytes(self, data):
        for status in statuses(self.site.server.port, data):
            self.assert_status(status)

    def assert_status(self, status, seen=None):
        """Check that a response is no error of the server."""
        self.assertTrue(status < HTTPStatus.BAD_REQUEST or status in REJECTIONS, (status, seen))

    def note_update(self, body):
        """Note the position of an update that was published."""
        try:
            answer = json.loads(body)
            self.published.add((answer["epoch"], answer["seq"]))
        except (ValueError, KeyError, TypeError):
            pass

    # Afterwards

    def check_log(self, minutes):
        output = self.site.server.output()
        lines = output.splitlines()
        self.assertLess(len(lines), LINES * (1 + minutes), lines[:100])
        self.assertFalse("Traceback" in output, output)

    def check_updates(self):
        """Check that every update is in a log that could have been published like that."""
        ends: dict[str, int] = {}
        for epoch, seq in self.published:
            ends[epoch] = max(seq, ends.get(epoch, 0))
        self.assertTrue(ends)
        for epoch, seq in ends.items():
            if seq == 0:  # a new broadcast
                continue
            for slug in SLUGS:
                path = f"/broadcasts/{slug}/recording.json?upto={epoch}:{seq}"
                status, text, _ = self.site.request(path)
                if status == HTTPStatus.OK:
                    break
            recording = parse_recording(json.loads(text), shipped)
            self.assertEqual(len(recording.updates), seq)

    def check_service(self):
        """Check that the server is ready, staff have their pages, and an update arrives."""
        for path in ("/healthz", "/readyz", "/"):
            self.assertEqual(self.site.request(path)[0], 200, path)
        page = self.site.request("/admin/", Cookie=self.site.cookies)[1]
        self.assertIn("Log out", page)  # so requests in the desk's name were in its name to the end
        status, answer, _ = self.site.request(
            "/api/broadcasts/after/updates",
            {"view": {"focus": "OH"}},
            Authorization=f"Bearer {self.site.token}",
        )
        self.assertEqual(status, 201, answer)
        for kind in (WebSocketWatcher, PollWatcher):
            watcher = kind(self.site.server, "after")
            self.addCleanup(watcher.close)
            watcher.follow_to(json.loads(answer)["seq"])
            self.assertEqual(watcher.state.view.focus, "OH")

    def check_growth(self, before):
        memory, threads, files = (
            now - then for now, then in zip(self.resources(), before, strict=True)
        )
        print(
            f"\nmeasured: {sum(self.counts.values())} cases; grew by {memory >> 20} MiB, "
            f"{threads} threads, {files} files",
            flush=True,
        )
        self.assertLess(memory >> 20, MEGABYTES)
        self.assertLessEqual(threads, THREADS)
        self.assertLessEqual(files, self.max_files)

    def resources(self):
        """Return bytes of memory, threads and open files of the server."""
        process = psutil.Process(self.site.server.process.pid)
        return process.memory_info().rss, process.num_threads(), process.num_fds()


class FuzzOnPostgreSQL(Fuzz, TestCase):
    """PostgreSQL refuses more than SQLite: NUL, lone surrogates, large numbers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = FuzzSite(cls.enterClassContext(postgres()))


class FuzzOnSQLite(Fuzz, TestCase):
    share = 0.2
    max_files = FILES + 2 * MAX_RUNNING  # each thread keeps a connection: the file and its log

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-fuzz-"))
        cls.site = FuzzSite(f"sqlite:///{folder}/fuzz.sqlite3")
