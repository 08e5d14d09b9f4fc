"""Rules of both transports on every server, and a server that stops, is full or unready."""

import http.client
import json
import tempfile
import threading
import uuid
from http import HTTPStatus

import psutil
from django.test import TransactionTestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.models import Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, wait_for
from tests.support.watcher import PollWatcher, WebSocketWatcher


class ServerCase(TransactionTestCase):
    """A broadcast on air at seq 2, and requests to a server."""

    server: ServeProcess

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        for change in ({"kind": "start"}, {"view": {"focus": "OH"}}):
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()
        self.position = str(self.broadcast.position)

    def open(self, query="", origin="", **options):
        socket = connect(
            f"ws://127.0.0.1:{self.server.port}/broadcasts/{self.slug}/ws{query}",
            origin=self.server.url if origin == "" else origin,
            compression=None,
            **options,
        )
        self.addCleanup(socket.close)
        return socket

    def read_to_close(self, socket):
        """Return all frames until the close, and its code."""
        frames = []
        try:
            while True:
                frames.append(json.loads(socket.recv(10)))
        except ConnectionClosed as closed:
            return frames, closed.rcvd.code

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(
            method, f"/broadcasts/{self.slug}/{path}", headers={**headers, "Connection": "close"}
        )
        response = connection.getresponse()
        body = response.read()
        connection.close()
        is_json = response.headers["Content-Type"] == "application/json"
        return response, json.loads(body) if body and is_json else body


class TransportRules:
    """The rules. Subclasses set the server."""

    command: str
    policy_violation = 1008

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(cls.command))

    def test_viewer_who_sends_data_is_closed(self):
        for data in ("hello", b"\x00\x01"):
            socket = self.open()
            socket.recv(10)
            socket.send(data)
            self.assertEqual(self.read_to_close(socket), ([], self.policy_violation))

    def test_page_of_another_site_is_rejected_for_good(self):
        for origin in ("http://evil.example", None):
            frames, code = self.read_to_close(self.open(origin=origin))
            self.assertEqual((frames, code), ([{"t": "bye", "code": 4003}], 4003))
        response, answer = self.get("updates", Origin="http://evil.example")
        self.assertEqual((response.status, answer["field"]), (403, "origin"))

    def test_request_with_another_host_is_rejected(self):
        response, _ = self.get("updates", Host="evil.example")
        self.assertEqual(response.status, 403)

    def test_unusable_position_on_a_websocket_gets_the_snapshot(self):
        for query in (
            "",
            "?v=2&since=nonsense",
            "?v=2&since=",
            "?v=2&since=old:1",
            "?v=2&since=a:b&x=%ff",
        ):
            frame = json.loads(self.open(query).recv(10))
            self.assertEqual((frame["t"], frame["seq"]), ("snapshot", 2), query)

    def test_page_of_version_1_is_told_to_reload(self):
        query = f"?since={self.broadcast.epoch}:1"
        for browser in ({"Sec-Fetch-Mode": "websocket"}, {"User-Agent": "Mozilla/5.0 (X11)"}):
            frames, code = self.read_to_close(
                self.open(query, additional_headers=browser, user_agent_header=None)
            )
            self.assertEqual((frames, code), ([{"t": "bye", "code": 4004}], 4004), browser)
            _, frame = self.get(f"updates{query}", **browser)
            self.assertEqual(frame, {"t": "bye", "code": 4004}, browser)
            _, frame = self.get(f"updates{query}&v=2", **browser)
            self.assertEqual((frame["t"], frame["seq"]), ("updates", 2))

    def test_program_need_not_name_the_version(self):
        query = f"?since={self.broadcast.epoch}:1"
        frame = json.loads(self.open(query).recv(10))
        self.assertEqual((frame["t"], frame["seq"]), ("updates", 2))
        _, frame = self.get(f"updates{query}")
        self.assertEqual((frame["t"], frame["seq"]), ("updates", 2))

    def test_current_position_gets_a_heartbeat_at_once(self):
        frame = json.loads(self.open(f"?v=2&since={self.position}").recv(10))

        self.assertEqual(
            frame,
            {
                "t": "heartbeat",
                "epoch": self.broadcast.epoch,
                "seq": 2,
                "contests": dict(self.broadcast.contests),
            },
        )

    def test_malformed_position_in_a_poll_gets_400_with_the_field(self):
        for since in ("nonsense", "", "a:-1", "a:1e3", "%ff:1", "a:1%00", "a:" + "9" * 99):
            response, answer = self.get(f"updates?v=2&since={since}")
            self.assertEqual(response.status, 400, since)
            self.assertEqual(answer["field"], "since")
            self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_polls_with_data_are_cacheable(self):
        for query, cache in [
            ("", "public, max-age=1"),
            (f"?v=2&since={self.broadcast.epoch}:1", "public, max-age=60"),
            ("?v=2&since=stale:7", "public, max-age=1"),
        ]:
            response, frame = self.get(f"updates{query}")
            self.assertEqual(response.headers["Cache-Control"], cache, query)
            self.assertEqual(response.headers["Content-Type"], "application/json")
            self.assertIsNone(response.headers["Set-Cookie"])
            self.assertEqual(frame["seq"], 2)

    def test_only_get_and_head_are_answered(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            response, answer = self.get("updates", method)
            self.assertEqual(response.status, 405)
            self.assertEqual(response.headers["Allow"], "GET, HEAD")
            self.assertEqual(answer["field"], "method")
        response, body = self.get(f"updates?v=2&since={self.position}", "HEAD")
        self.assertEqual((response.status, body), (200, b""))
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_snapshot_has_an_etag(self):
        response, frame = self.get("snapshot.json")
        etag = response.headers["ETag"]

        self.assertEqual(response.headers["Cache-Control"], "public, max-age=1")
        self.assertEqual(frame["state"], self.broadcast.state.to_dict())
        again, body = self.get("snapshot.json", **{"If-None-Match": etag})
        self.assertEqual((again.status, body), (304, b""))
        self.assertEqual(again.headers["ETag"], etag)

    def test_unknown_broadcast_gets_404(self):
        self.slug = "nope"
        for path in ("updates", "snapshot.json", "updates?v=2&since=a:1"):
            response, answer = self.get(path)
            self.assertEqual((response.status, answer["field"]), (404, "broadcast"))
        frames, code = self.read_to_close(self.open())
        self.assertEqual((frames, code), ([{"t": "bye", "code": 4044}], 4044))

    def test_requests_leave_no_connection_open(self):
        files = psutil.Process(self.server.process.pid).num_fds
        self.get("")
        before = files()
        for _ in range(30):
            self.assertEqual(self.get("")[0].status, HTTPStatus.OK)

        wait_for(lambda: files() < before + 10, "database connections to be closed")

    def test_viewers_on_both_transports_follow(self):
        watchers = [WebSocketWatcher(self.server, self.slug), PollWatcher(self.server, self.slug)]
        for watcher in watchers:
            self.addCleanup(watcher.close)
            watcher.follow_to(2)
        publish(self.broadcast, parse_change({"view": {"focus": "PA"}}))
        for watcher in watchers:
            watcher.follow_to(3)
            self.assertEqual(watcher.seqs(), [3])


class RulesOnServe(TransportRules, ServerCase):
    command = "serve"


class RulesOnPlainServe(TransportRules, ServerCase):
    command = "serve --plain"


class RulesOnDaphne(TransportRules, ServerCase):
    command = "runserver"
    policy_violation = 4004  # its WebSocket library cannot send 1008


class StoppingServer(ServerCase):
    def test_server_that_stops_sends_bye_and_exits_cleanly(self):
        with ServeProcess() as self.server:
            socket = self.open()
            socket.recv(10)
            answers = []
            poll = threading.Thread(
                target=lambda: answers.append(self.get(f"updates?v=2&since={self.position}")[1])
            )
            poll.start()
            self.wait_for_viewers(poll=1, ws=1)

            status = self.server.stop()
            poll.join(10)

            bye = {"t": "bye", "code": 4200, "after": [1, 10]}
            self.assertEqual(self.read_to_close(socket), ([bye], 4200))
            self.assertEqual(answers, [bye])
            self.assertEqual(status, -15)
            self.assertNotIn("Traceback", self.server.output())

    def wait_for_viewers(self, **counts):
        def are_counted():
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            return all(
                f'{{broadcast="{self.slug}",transport="{transport}"}} {count}.0\n' in text
                for transport, count in counts.items()
            )

        wait_for(are_counted, f"{counts} viewers")


class ServerWithoutDatabase(ServerCase):
    def test_server_without_database_sends_viewers_a_code_to_reconnect(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            ServeProcess(DATABASE_URL=f"sqlite:///{folder}/empty.sqlite3") as self.server,
        ):
            frames, code = self.read_to_close(self.open())
            poll, answer = self.get("updates")
            snapshot, _ = self.get("snapshot.json")
            ready = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
            ready.request("GET", "/readyz")

            self.assertEqual(ready.getresponse().status, 503)
        self.assertEqual((frames[-1]["code"], code), (4100, 4100))
        self.assertEqual((poll.status, snapshot.status), (503, 503))
        self.assertEqual(answer["field"], "server")


class FullServer(ServerCase):
    def test_full_server_rejects_viewers_until_one_leaves(self):
        with ServeProcess(files=103) as self.server:
            connected = [self.open() for _ in range(3)]
            for socket in connected:
                socket.recv(10)

            frames, code = self.read_to_close(self.open())
            response, answer = self.get(f"updates?v=2&since={self.position}")
            connected[0].close()
            frame = None
            while frame is None or frame["t"] == "bye":
                frame = json.loads(self.open().recv(10))

        self.assertEqual((frames, code), ([{"t": "bye", "code": 4100, "after": [1, 10]}], 4100))
        self.assertEqual(response.status, HTTPStatus.SERVICE_UNAVAILABLE)
        self.assertEqual(response.headers["Retry-After"], "10")
        self.assertEqual(answer["field"], "server")
        self.assertEqual(frame["t"], "snapshot")
