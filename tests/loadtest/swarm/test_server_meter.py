"""Whose CPU, memory and viewers are reported: the server's, never those of a proxy before it."""

import asyncio
import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import TestCase
from urllib.error import HTTPError
from urllib.request import urlopen

from django.test import TransactionTestCase

from loadtest.swarm.exposition import parse_exposition
from loadtest.swarm.reach import PreflightFailed, resolve
from loadtest.swarm.server_meter import MetricsMeter, ProcessMeter, choose_meter
from tests.support.server import ServeProcess

EXPOSED = b"""# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
process_resident_memory_bytes 1048576.0
process_start_time_seconds 1.6e9
process_open_fds 9.0
mapcenter_room 900.0
mapcenter_viewers{broadcast="swarm-1",transport="ws"} 7.0
mapcenter_viewers{broadcast="night",transport="poll"} 2.0
"""


class Expositions(TestCase):
    def test_figures_and_viewers_are_read(self):
        found = parse_exposition(EXPOSED)
        assert found is not None
        self.assertEqual((found.usage.cpu, found.usage.memory, found.usage.files), (1.5, 2**20, 9))
        self.assertEqual((found.started, found.room), (1.6e9, 900))
        self.assertEqual(found.viewers("swarm-1"), {"ws": 7})
        self.assertEqual(found.viewers("swarm-2"), {})

    def test_other_text_has_no_figures(self):
        for text in (b"", b"<html>Not Found</html>", b"up 1\n", b"\xff"):
            self.assertIsNone(parse_exposition(text), text)


@contextlib.contextmanager
def proxy(server, hide_metrics):
    """Run a proxy before a server; yields its URL. Its 404 for /metrics is as in our nginx.conf."""

    class Forward(BaseHTTPRequestHandler):
        def do_GET(self):
            if hide_metrics and self.path == "/metrics":
                self.send_error(404)
                return
            try:
                with urlopen(server.url + self.path, timeout=10) as response:
                    status, body = response.status, response.read()
            except HTTPError as error:
                status, body = error.code, error.read()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Forward) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


class Meters(TransactionTestCase):
    server: ServeProcess

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())

    def test_listener_that_is_the_server_is_measured_itself(self):
        meter = choose_meter(resolve(self.server.url), [])
        self.assertIsInstance(meter, ProcessMeter)
        reading = asyncio.run(meter.read())
        self.assertEqual(list(reading.usage), [f"process {self.server.process.pid}"])
        self.assertGreater(reading.cpu, 0)
        self.assertEqual(asyncio.run(meter.viewers("swarm-1")), {})
        self.assertGreater(meter.room() or 0, 100)

    def test_figures_behind_a_proxy_are_unknown(self):
        for hide_metrics in (True, False):
            with proxy(self.server, hide_metrics) as url:
                meter = choose_meter(resolve(url), [])
            self.assertIn("is not the server itself: give --metrics URL", meter.unknown)
            self.assertEqual(asyncio.run(meter.read()).usage, {})
            self.assertIsNone(asyncio.run(meter.viewers("swarm-1")))

    def test_metrics_of_the_servers_behind_a_proxy_are_added_up(self):
        with proxy(self.server, hide_metrics=True) as url:
            meter = choose_meter(resolve(url), [self.server.url, self.server.url])
        self.assertIsInstance(meter, MetricsMeter)
        self.assertEqual(meter.unknown, "")
        self.assertGreater(asyncio.run(meter.read()).cpu, 0)
        self.assertEqual(asyncio.run(meter.viewers("swarm-1")), {})

    def test_address_without_metrics_is_refused(self):
        with proxy(self.server, hide_metrics=True) as url:
            target = resolve(url)
            with self.assertRaisesRegex(PreflightFailed, "has no metrics of a Map Center"):
                choose_meter(target, [url])
