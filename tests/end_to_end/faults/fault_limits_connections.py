"""How many connections and requests a process may have."""

import socket
import time

from tests.end_to_end.faults.limits import (
    AT_ONCE,
    LimitsCase,
    handshake,
    head,
    occupy,
    session_cookie,
    watch,
)
from tests.end_to_end.faults.site import command
from tests.support.changes import parse_change
from tests.support.figures import check_within
from tests.support.log import publish
from tests.support.proxies import send_request
from tests.support.server import wait_for
from tests.support.staff import open_desk
from viewers.transports.limits import MAX_REQUESTS

STRANGERS = 1000


class Connections(LimitsCase):
    """A server that may open few files, and more connections than these."""

    files = 200  # 100 viewers, 125 connections in all, 150 with those of staff
    crowd = 200

    def test_connections_without_a_request_lock_nobody_out(self):
        kinds = {
            "silence": b"",
            "half a head": head("GET /")[:-2],
            "keep-alive": head(f"GET /broadcasts/{self.slug}/snapshot.json") + b"\r\n",
            "half a body": head("POST /admin/login/", "Content-Length: 100") + b"\r\n",
        }
        for server in self.servers:
            for name, begin in kinds.items():
                with self.subTest(name, server=server.options):
                    occupy(self, server.port, begin, self.crowd)
                    began = time.monotonic()
                    for path in ("/healthz", "/readyz", "/admin/login/", "/"):
                        self.assertEqual(send_request(server.port, path)[0], 200, path)
                    watch(self, server)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
            self.assertQuietLog(server, 2)

    def test_refused_handshakes_lock_nobody_out(self):
        """The connections stay: their clients do not answer the close frame."""
        desk = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            for path in (f"/broadcasts/{self.slug}/ws", "/broadcasts/nowhere/ws", desk):
                with self.subTest(path, server=server.options):
                    occupy(self, server.port, handshake(server, path), self.crowd)
                    for asked in ("/healthz", "/readyz", "/metrics", "/admin/login/", "/"):
                        self.assertEqual(send_request(server.port, asked)[0], 200, asked)
                    self.doCleanups()
            self.assertQuietLog(server, 2)

    def test_staff_and_health_checks_have_room_when_the_public_has_none(self):
        desk = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            occupy(self, server.port, handshake(server, f"/broadcasts/{self.slug}/ws"), 100)
            occupy(self, server.port, handshake(server, desk, session_cookie()), 30)
            for path in ("/healthz", "/readyz", "/metrics", "/admin/login/"):
                self.assertEqual(send_request(server.port, path)[0], 200, path)
            self.assertBusy(server, f"/broadcasts/{self.slug}/")  # which is not in memory
            self.assertQuietLog(server, 2)

    def test_staff_have_a_limit_too(self):
        for server in self.servers:
            here = f"/broadcasts/{self.slug}/ws"
            occupy(self, server.port, handshake(server, here), 100)
            desk = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
            occupy(self, server.port, handshake(server, desk, session_cookie()), 50)
            self.assertBusy(server, "/healthz")


class RequestsUnderWay(LimitsCase):
    def test_pages_are_limited_and_nothing_else_is(self):
        """A page is under way as soon as the head of its request is there."""
        half = head("POST /", "Content-Length: 100") + b"\r\n"
        for server in self.servers:
            occupy(self, server.port, half, MAX_REQUESTS)
            self.assertBusy(server, "/")
            updates = f"/broadcasts/{self.slug}/updates"
            for path in ("/healthz", "/readyz", "/admin/login/", updates):
                self.assertEqual(send_request(server.port, path)[0], 200, path)
            watch(self, server)
            self.doCleanups()
            wait_for(lambda port=server.port: send_request(port, "/")[0] == 200, "room for pages")
            self.assertQuietLog(server)

    def test_handshakes_of_strangers_delay_no_command_of_the_desk(self):
        """Each of them costs a query: is there a session with this cookie?"""
        path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            self.server = server  # for `open_desk`
            desk = open_desk(self)
            begin = handshake(server, path, f"Cookie: sessionid={'x' * 32}")
            for _ in range(STRANGERS):
                stranger = socket.create_connection(("127.0.0.1", server.port))
                self.addCleanup(stranger.close)
                stranger.sendall(begin)
            began = time.monotonic()
            answer = command(desk, command="take", change={"view": {"focus": "OH"}})
            self.assertEqual(answer["status"], 201, answer)
            check_within(self, f"{STRANGERS} strangers: a take", time.monotonic() - began, AT_ONCE)
            publish(self.broadcast, parse_change({"view": {"focus": "US"}}))
