"""The fast path and plain ASGI send the same bytes, also in response to malformed requests.

Requests are raw bytes and responses are read from a bare socket, so no HTTP library changes them.
"""

import re
import socket
import struct
import uuid
from concurrent.futures import ThreadPoolExecutor

from django.test import TransactionTestCase

from broadcaster.models import Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.raw_frames import masked
from tests.support.server import ServeProcess

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def close(code: int, reason: bytes = b"") -> bytes:
    return masked(0x88, struct.pack("!H", code) + reason)


# The order of the directives differs between processes; their meaning does not.
POLICY = rb"(?<=content-security-policy: )[^\r]+"


class FastPathTests(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [
            cls.enterClassContext(ServeProcess("serve", HEARTBEAT="0.5")),
            cls.enterClassContext(ServeProcess("serve --plain", HEARTBEAT="0.5")),
        ]

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        for change in ({"kind": "start"}, {"view": {"focus": "OH"}}):
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()
        self.epoch = self.broadcast.epoch
        for server in self.servers:  # so that the hub is loaded
            self.talk(server, self.get("updates"))

    def get(self, path, method="GET", version="1.1", host="127.0.0.1", *headers):
        lines = [f"{method} /broadcasts/{self.slug}/{path} HTTP/{version}"]
        lines += [f"Host: {host}"] if host else []
        lines += headers or ["Connection: close"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def upgrade(self, query="", **changed):
        headers = {
            "Host": "127.0.0.1",
            "Origin": "http://127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": KEY,
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        lines = [f"GET /broadcasts/{self.slug}/ws{query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def talk(self, server, *messages, until=None, answer=b"}"):
        """Send each message after one was answered, with an end as `answer`; read to the end."""
        received = b""
        with socket.create_connection(("127.0.0.1", server.port), 3) as line:
            for message in messages:
                line.sendall(message)
                while message is not messages[-1] and answer not in received:
                    received += line.recv(65536)
            while until is None or until not in received:
                try:
                    chunk = line.recv(65536)
                except ConnectionResetError:
                    break
                if not chunk:
                    break
                received += chunk
        received = re.sub(rb"(?i)date: [^\r]+", b"date: -", received)
        received = re.sub(POLICY, lambda found: b"; ".join(sorted(found[0].split(b"; "))), received)
        return re.sub(rb'"now":\d+', b'"now":-', received)

    def assertSame(self, *messages, until=None, answer=b"}"):
        fast, plain = (
            self.talk(each, *messages, until=until, answer=answer) for each in self.servers
        )
        if until is not None:  # how much is read after it depends on packets
            fast, plain = fast.partition(until)[0], plain.partition(until)[0]
        self.assertEqual(fast, plain)
        self.assertTrue(fast, messages)
        return fast

    def test_polls_get_the_same_answer(self):
        here = f"updates?v=2&since={self.epoch}:2"
        for request in [
            self.get("updates"),
            self.get(f"updates?v=2&since={self.epoch}:1"),
            self.get(f"updates?v=2&since={self.epoch}%3A1&x=y"),
            self.get("updates?v=2&since=stale:1"),
            self.get("updates?v=2&since=nonsense"),
            self.get("updates?v=2&since="),
            self.get("updates?v=2&since=%ff%00"),
            self.get(here),  # a heartbeat after half a second
            self.get(here, "HEAD"),
            self.get("updates", "HEAD"),
            self.get("updates", "POST"),
            self.get("updates", "OPTIONS"),
            self.get("updates", "GET", "1.0"),
            self.get("updates", "GET", "1.0", "127.0.0.1", "Connection: keep-alive"),
            self.get("updates", "GET", "1.1", "evil.example"),
            self.get("updates", "GET", "1.1", None),
            self.get("updates", "GET", "1.1", "127.0.0.1", "Origin: http://[", "Connection: close"),
            self.get("updates", "GET", "1.1", "127.0.0.1:1", "Connection: close"),
            self.get(
                "updates", "GET", "1.1", "127.0.0.1", "Origin: http://x.y", "Connection: close"
            ),
            self.get("updates").replace(b"/night-", b"/nope-"),
            self.get("updates").replace(b"/night-", b"/nig%68t-"),
            self.get("updates").replace(b"/night-", b"//night-"),
            self.get("snapshot.json"),
            self.get(
                "updates", "GET", "1.1", "127.0.0.1", "Content-Length: 0", "Connection: close"
            ),
            self.get(
                "updates", "GET", "1.1", "127.0.0.1", "Expect: 100-continue", "Connection: close"
            ),
            self.get("updates", "GET", "1.1", "127.0.0.1", "Upgrade: h2c", "Connection: close"),
            b"GET /updates\r\n\r\n",
            b"nonsense\r\n\r\n",
        ]:
            with self.subTest(request=request):
                self.assertSame(request)

    def test_polls_on_a_persistent_connection_get_the_same_answer(self):
        """The fast path handles some of these requests itself, and passes on the others."""
        here = "127.0.0.1"
        usual = self.get("updates", "GET", "1.1", here, "Accept: */*")
        for request in [
            usual,
            self.get(f"updates?v=2&since={self.epoch}:1", "GET", "1.1", "127.0.0.1", "A: b"),
            self.get(
                f"updates?v=2&x=%41&since={self.epoch}%3A1", "GET", "1.1", "127.0.0.1", "A: b"
            ),
            self.get("updates?v=2&since=nonsense", "GET", "1.1", "127.0.0.1", "A: b"),
            self.get("updates?v=2&since=a#b", "GET", "1.1", "127.0.0.1", "A: b"),
            self.get("updates", "GET", "1.1", "evil.example", "A: b"),
            self.get("updates", "GET", "1.0", "127.0.0.1", "Connection: keep-alive"),
            usual.replace(b"/night-", b"/nope-"),
            usual.replace(b"GET /", b"GET http://127.0.0.1/"),
            usual.replace(b"Host: ", b"HOST:   "),
            usual.replace(b"Host: ", b"Host:"),
            usual.replace(b"Host: ", b"Host : "),
            usual.replace(b"Host: ", b"Host: evil.example\r\nHost: "),
            usual.replace(b"Accept: ", b"Host: evil.example\r\nAccept: "),
            usual.replace(b"127.0.0.1", b"127.0.0.1\t "),
            usual.replace(b"127.0.0.1", b"127.0.0.1\r\n evil.example"),
            usual.replace(b"*/*", b"\xff\x80"),
            usual.replace(b"*/*", b"a\x00b"),
            usual.replace(b"*/*", b"*/*\nHost: evil.example"),
            usual.replace(b"Accept: */*", b"Connection: Keep-Alive"),
            usual.replace(b"Accept: */*", b"Connection: close, x"),
            usual.replace(b"Accept: */*", b"Proxy-Connection: close"),
            usual.replace(b"Accept: */*", b"Connection: Upgrade\r\nUpgrade: h2c"),
            usual.replace(b"Accept: */*", b"Expect: 100-continue"),
            usual.replace(b"Accept: */*", b"Origin: http://evil.example"),
            usual.replace(b"Accept: */*", b"Content-Length: 0"),
            usual.replace(b"Accept: */*", b"Content-Length: 2") + b"{}",
            usual.replace(b"Accept: */*", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
            usual.replace(b"Accept: */*", b"Cookie: " + b"x" * 3000),
            usual.replace(b"\r\n", b"\n"),
        ]:
            with self.subTest(request=request):
                self.assertSame(request, until=b"}")

    def test_pipelined_requests_are_answered_in_order(self):
        keep_alive = self.get("updates", "GET", "1.1", "127.0.0.1", "Connection: keep-alive")
        waiting = self.get(
            f"updates?v=2&since={self.epoch}:2", "GET", "1.1", "127.0.0.1", "Connection: keep-alive"
        )
        last = self.get("updates")

        two = self.assertSame(keep_alive, last)
        self.assertEqual(two.count(b"200 OK"), 2)
        pipelined = self.assertSame(waiting + keep_alive + last)
        self.assertEqual(pipelined.count(b"200 OK"), 3)
        self.assertLess(pipelined.index(b"heartbeat"), pipelined.index(b"snapshot"))

    def test_request_that_follows_a_waiting_poll_is_answered_after_it(self):
        waiting = self.get(
            f"updates?v=2&since={self.epoch}:2", "GET", "1.1", "127.0.0.1", "Connection: keep-alive"
        )
        for server in self.servers:
            with socket.create_connection(("127.0.0.1", server.port), 10) as line:
                line.sendall(waiting)
                self.talk(server, self.get("updates"))  # meanwhile the poll has begun to wait
                line.sendall(self.get("updates"))
                received = b""
                while chunk := line.recv(65536):
                    received += chunk
            self.assertEqual(received.count(b"200 OK"), 2)
            self.assertLess(received.index(b"heartbeat"), received.index(b"snapshot"))

    def test_repeated_requests_get_the_same_answer(self):
        again = self.get("updates", "GET", "1.1", "127.0.0.1", "Connection: keep-alive")
        waiting = self.get(
            f"updates?v=2&since={self.epoch}:2", "GET", "1.1", "127.0.0.1", "Connection: keep-alive"
        )

        answers = self.assertSame(again, again, waiting, again, waiting, self.get("updates"))

        self.assertEqual(answers.count(b"200 OK"), 6)
        self.assertEqual(
            answers.count(b"heartbeat"), 6
        )  # two frames, and the interval in four snapshots

    def test_pages_that_are_kept_get_the_same_answer(self):
        def get(path, *headers, method="GET"):
            return self.get(path, method, "1.1", "127.0.0.1", *headers)

        first = get("?at=1", "Accept: text/html")
        for last in (
            get("?at=1", "Connection: close"),
            get("?fbclid=x&at=1", "Connection: close"),
            get("?at=1", "If-None-Match: *", "Connection: close"),
            get("?at=1", "If-None-Match: *"),
            get("?at=1", "Connection: close", method="HEAD"),
            get("?at=1", "X-Forwarded-Proto: http", "Connection: close"),
            get("?at=9", "Connection: close"),
            get("picture.png?at=nonsense", "Connection: close"),
        ):
            with self.subTest(last=last):
                until = None if b"close" in last else b"\r\n\r\n"
                self.assertSame(first, first, last, until=until, answer=b"</html>")

    def test_incomplete_request_is_not_cached(self):
        whole = self.get("updates?v=2&since=stale:1", "GET", "1.1", "127.0.0.1", "A: b")
        half = self.get(f"updates?v=2&since={self.epoch}:1", "GET", "1.1", "127.0.0.1", "A: ")[:-4]
        for server in self.servers:
            with socket.create_connection(("127.0.0.1", server.port), 3) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in half:
                    line.sendall(bytes([byte]))
                line.sendall(whole)
                received = b""
                while not received.endswith(b"}"):
                    received += line.recv(65536)
                self.assertIn(b'"t":"updates"', received)

        answer = self.assertSame(whole, self.get("updates"))

        self.assertIn(b'"t":"snapshot"', answer)
        self.assertNotIn(b'"t":"updates"', answer)

    def test_handshakes_get_the_same_answer(self):
        for request in [
            self.upgrade(),
            self.upgrade("?v=2&since=stale:1"),
            self.upgrade(f"?v=2&since={self.epoch}:1"),
            self.upgrade(f"?v=2&since={self.epoch}:2"),
            self.upgrade("?v=2&since=nonsense"),
            self.upgrade(Origin="http://evil.example"),
            self.upgrade(Origin=None),
            self.upgrade(Origin="http://["),
            self.upgrade(Host="evil.example"),
            self.upgrade(Sec_WebSocket_Protocol="a, b"),
            self.upgrade(Connection="keep-alive, Upgrade"),
            re.sub(rb"\n[^:]+:", lambda name: name[0].lower(), self.upgrade()),  # as HAProxy does
            self.upgrade(Sec_WebSocket_Extensions="permessage-deflate"),
            self.upgrade().replace(b"/night-", b"/nope-"),
        ]:
            with self.subTest(request=request):
                answer = self.assertSame(request, close(1000))
                self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer)

    def test_wrong_handshakes_get_the_same_answer(self):
        for request in [
            self.upgrade(Sec_WebSocket_Version="8"),
            self.upgrade(Sec_WebSocket_Version=None),
            self.upgrade(Sec_WebSocket_Key="short"),
            self.upgrade(Sec_WebSocket_Key=KEY + "x"),
            self.upgrade(Sec_WebSocket_Key=None),
            self.upgrade(Upgrade="h2c"),
            self.upgrade().replace(b"GET", b"POST"),
            self.get("ws"),
        ]:
            with self.subTest(request=request):
                answer = self.assertSame(request, until=b"\r\n\r\n")
                self.assertNotIn(b"101 Switching", answer)

    def test_control_frames_get_the_same_answer(self):
        for message in [
            close(1000),
            close(1001, b"leaving"),
            close(4999),
            masked(0x88),
            masked(0x89, b"hello") + close(1000),
            masked(0x89) + masked(0x89, b"x" * 125) + close(1000),
            masked(0x8A, b"unasked") + close(1000),
        ]:
            with self.subTest(message=message):
                self.assertSame(self.upgrade(), message)

    def test_forbidden_frames_close_the_connection(self):
        for message, code in [
            (masked(0x81, b"hello"), 1008),
            (masked(0x82, b"\x00" * 300), 1008),
            (masked(0x01, b"hel") + masked(0x80, b"lo"), 1008),
            (masked(0x83), 1002),  # an opcode that does not exist
            (masked(0xC9), 1002),  # a reserved bit
            (masked(0x09), 1002),  # a control frame in pieces
            (masked(0x89, b"x" * 126), 1002),  # or too long
            (b"\x89\x00", 1002),  # not masked
            (masked(0x88, b"x"), 1002),  # half a close code
            (close(999), 1002),
            (close(1005), 1002),
            (close(1000, b"\xff\xfe"), 1007),
        ]:
            for server in self.servers:
                with self.subTest(message=message, server=server.options):
                    payload = struct.pack("!H", code)  # a reason may follow
                    received = self.talk(server, self.upgrade(), message, until=payload)
                    self.assertRegex(received, b"\x88[\x02-\x7d]" + re.escape(payload))

    def test_message_above_the_limit_closes_the_connection(self):
        for server in self.servers:
            for size in (1025, 70_000, 2**40):
                message = masked(0x81, b"x" * 500, size)
                self.talk(server, self.upgrade(), message, until=b"\x88\x02")

    def test_frames_may_arrive_byte_by_byte(self):
        for server in self.servers:
            with socket.create_connection(("127.0.0.1", server.port), 3) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in self.upgrade():
                    line.sendall(bytes([byte]))
                while b"snapshot" not in line.recv(65536):
                    pass
                for byte in masked(0x89, b"ping"):
                    line.sendall(bytes([byte]))
                received = b""
                while b"\x8a\x04ping" not in received:
                    received += line.recv(65536)

    def test_updates_have_the_same_bytes(self):
        query = self.upgrade(f"?v=2&since={self.epoch}:2")
        with ThreadPoolExecutor(2) as pool:
            received = [
                pool.submit(self.talk, server, query, until=b'"seq":3,"updates"')
                for server in self.servers
            ]
            publish(self.broadcast, parse_change({"view": {"focus": "TX"}}))
            fast, plain = (text.result(15) for text in received)

        def update(text):
            return text[text.rindex(b'{"t":"updates"') - 4 :]

        self.assertEqual(update(fast), update(plain))
