"""The proxies of deploy/: real ones, with those files, in which only addresses and paths differ.

POLLS=5000 manage.py test tests.end_to_end.test_deploy.Collapsing uses 5,000 polls instead of 500,
and prints its measurements.
"""

import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from unittest import skipUnless
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase
from websockets.sync.client import connect

from broadcaster.models import ApiToken, Broadcast
from tests.support.server import LIMIT, ROOT, ServeProcess, answers, free_port, redis, wait_for
from tests.support.watcher import PollWatcher, WebSocketWatcher

POLLS = int(os.environ.get("POLLS", "500"))
NAME = "maps.example.org"  # the host that the files of deploy/ are written for
CALL = {"calls": {"VT": {"status": "called", "party": "D"}}, "story": {"headline": "Vermont"}}
has_nginx = skipUnless(shutil.which("nginx"), "needs nginx: Debian package nginx")
has_haproxy = skipUnless(shutil.which("haproxy"), "needs haproxy: Debian package haproxy")
has_openssl = skipUnless(shutil.which("openssl"), "needs openssl: Debian package openssl")


class Proxy:
    """A proxy in front of `servers`, with a folder of its own. Starts on entry, stops on exit."""

    program: str
    source: str

    def __init__(self, *servers: ServeProcess, certificate: Path | None = None) -> None:
        self.servers = servers
        self.certificate = certificate
        self.port, self.tls_port = free_port(), free_port()
        self.plain_port = free_port()  # it redirects to TLS
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Proxy":
        self.folder = Path(tempfile.mkdtemp(prefix="mapcenter-proxy-"))
        self.folder.chmod(0o755)  # workers are another user than root
        self.log = (self.folder / "output").open("w+")
        (self.folder / "config").write_text(self.config())
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
        wait_for(lambda: answers(self.port), f"{self.source} to listen", self.has_ended)
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self.log.close()
        shutil.rmtree(self.folder)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(LIMIT)

    def has_ended(self) -> str | None:
        return (self.folder / "output").read_text() if self.process.poll() is not None else None

    def config(self) -> str:
        """Return the file of deploy/ with addresses and paths of this test."""
        text = (ROOT / "deploy" / self.source).read_text()
        ports = [server.port for server in self.servers]
        for old, port in zip(range(8001, 8005), [*ports, free_port(), free_port()], strict=True):
            text = replace(
                text, f"server( [a-d])? 127.0.0.1:{old}\\b", rf"server\1 127.0.0.1:{port}"
            )
        return text

    def command(self) -> list[str]:
        """Return the command that starts the proxy in its folder."""
        raise NotImplementedError


class Nginx(Proxy):
    program = "nginx"
    source = "nginx.conf"

    def config(self) -> str:
        text = super().config()
        text = replace(text, "listen 80 ", f"listen 127.0.0.1:{self.port} ")
        text = replace(text, r"/run/|/var/log/nginx/|/var/cache/nginx/", f"{self.folder}/")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        text = replace(text, r"(?m)^http {\n", f"http {{\n{temporary}")
        if self.certificate:
            text = replace(text, r"(?m)^( +)# (?=listen 443|ssl_|if )", r"\1")
            text = replace(text, "listen 443 ", f"listen 127.0.0.1:{self.tls_port} ")
            text = replace(text, r"/etc/nginx/mapcenter\.(crt|key)", str(self.certificate))
            self.plain_port = self.port
        return text

    def command(self) -> list[str]:
        return [self.program, "-p", str(self.folder), "-c", "config", "-g", "daemon off;"]

    def origin_requests(self, path: str) -> int:
        """Stop nginx and return how many requests below `path` reached a server."""
        self.stop()
        ports = "|".join(str(server.port) for server in self.servers)
        lines = (self.folder / "access.log").read_text().splitlines()
        return sum(
            len(re.findall(f"127.0.0.1:({ports})\\b", line.rpartition('" ')[2]))
            for line in lines
            if f'"GET {path}' in line
        )


class HAProxy(Proxy):
    program = "haproxy"
    source = "haproxy.cfg"

    def config(self) -> str:
        text = super().config()
        text = replace(text, "bind :80\n", f"bind 127.0.0.1:{self.plain_port}\n")
        text = replace(text, "bind 127.0.0.1:8080 ", f"bind 127.0.0.1:{self.port} ")
        text = replace(text, "/run/haproxy/", f"{self.folder}/")
        if self.certificate:
            text = replace(text, "bind :443 ", f"bind 127.0.0.1:{self.tls_port} ")
            text = replace(text, r"/etc/haproxy/mapcenter\.pem", str(self.certificate))
        else:
            text = replace(text, r"(?m)^    bind :443 .*\n", "")
        if os.geteuid():
            text = replace(text, r"(?m)^    (user|group|chroot) .*\n", "")
        return text

    def command(self) -> list[str]:
        return [self.program, "-db", "-f", str(self.folder / "config")]


def replace(text: str, pattern: str, new: str) -> str:
    """Return `re.sub`, and fail if `pattern` does not occur."""
    text, count = re.subn(pattern, new, text)
    assert count, f"{pattern} is not in the file"
    return text


class DeployCase(TransactionTestCase):
    """A broadcast on air, and two servers that share its database and a Redis."""

    heartbeat = "25"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        environment = {
            "REDIS_URL": stack.enter_context(redis()),
            "ALLOWED_HOSTS": f"127.0.0.1,{NAME}",
            "HEARTBEAT": cls.heartbeat,
        }
        cls.servers = [stack.enter_context(ServeProcess(**environment)) for _ in range(2)]

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        Broadcast.objects.create(slug=self.slug, title="Night", election=2020)
        user = get_user_model().objects.create_superuser(f"robot-{self.slug}")
        self.token = ApiToken.issue(user)
        self.publish(self.servers[1], {"kind": "start"})

    def publish(self, server, change):
        """Publish through the API of `server`, which may be a proxy. Return the seq."""
        path = f"/api/broadcasts/{self.slug}/updates"
        headers = {"Authorization": f"Bearer {self.token}"}
        status, _, body = send_request(server.port, path, headers, json.dumps(change))
        self.assertEqual(status, 201, body)
        return json.loads(body)["seq"]

    def position(self):
        return str(Broadcast.objects.get(slug=self.slug).position)

    def updates(self, position):
        return f"/broadcasts/{self.slug}/updates?since={quote(position)}"

    def polls_waiting(self):
        """Return how many polls wait at the servers."""
        pattern = f'mapcenter_viewers{{broadcast="{self.slug}",transport="poll"}} (\\d+)'
        texts = [send_request(server.port, "/metrics")[2].decode() for server in self.servers]
        return sum(int(count) for text in texts for count in re.findall(pattern, text))


def send_request(port, path, headers=None, body=None, tls=None):
    """Make a request on a new connection. Return status, headers and body."""
    if tls is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=LIMIT, context=tls)
    with contextlib.closing(connection):
        connection.request("GET" if body is None else "POST", path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()


class ProxyTests:
    """Tests that both proxies must pass."""

    proxy_class: type[Proxy]

    def start(self, **options):
        return self.enterContext(self.proxy_class(*self.servers, **options))

    def watchers(self, proxy, count=1):
        watchers = [
            kind(proxy, self.slug) for _ in range(count) for kind in (WebSocketWatcher, PollWatcher)
        ]
        for watcher in watchers:
            self.addCleanup(watcher.close)
        return watchers

    def test_viewers_get_an_update_that_is_published_through_the_proxy(self):
        proxy = self.start()
        watchers = self.watchers(proxy)
        for watcher in watchers:
            watcher.follow_to(1)

        self.publish(proxy, CALL)
        for watcher in watchers:
            watcher.follow_to(2)

        for watcher in watchers:
            self.assertEqual(watcher.names(), ["snapshot", "updates"])
            self.assertEqual(watcher.state.totals["D"], 3)

    def test_viewers_of_a_server_that_stops_continue_at_the_other(self):
        proxy = self.start()
        watchers = self.watchers(proxy, 4)
        for watcher in watchers:
            watcher.follow_to(1)
        threads = [
            threading.Thread(target=watcher.follow_to, args=(4,), daemon=True)
            for watcher in watchers
        ]
        for thread in threads:
            thread.start()
        self.publish(self.servers[1], CALL)
        wait_for(lambda: all(watcher.seq == 2 for watcher in watchers), "all to be at 2")

        self.servers[0].stop()
        self.addCleanup(self.servers[0].start)
        self.publish(proxy, {"view": {"focus": "OH"}})
        self.publish(proxy, {"view": {"focus": "PA"}})
        for thread in threads:
            thread.join(LIMIT)

        for watcher in watchers:
            self.assertEqual(watcher.seqs(), [2, 3, 4])
            self.assertEqual(watcher.state.view.focus, "PA")
            self.assertNotIn("gap", [name for name, _ in watcher.events])
        codes = [frame["code"] for w in watchers for frame in w.frames if frame["t"] == "bye"]
        self.assertIn(4200, codes)

    def test_metrics_are_not_public(self):
        proxy = self.start()
        self.assertEqual(send_request(self.servers[1].port, "/metrics")[0], 200)
        ways = ("/metrics", "/%6detrics", "/metrics?x", "//metrics", "/metrics/", "/x/../metrics")
        for path in (*ways, "/./metrics", "/%2fmetrics", "/metrics#x", "/metrics%23"):
            status, _, body = send_request(proxy.port, path)
            self.assertIn(status, (400, 404), path)
            self.assertNotIn(b"mapcenter_viewers", body, path)
        self.assertEqual(send_request(proxy.port, "/healthz")[0], 200)

    def test_pages_and_snapshot_have_their_cache_headers(self):
        proxy = self.start()
        here = f"/broadcasts/{self.slug}/"
        for path in (here, f"/es{here}", f"{here}snapshot.json"):
            cache = "public, max-age=1"
            status, headers, _ = send_request(proxy.port, path)
            self.assertEqual(status, 200)
            self.assertEqual(set(headers["Cache-Control"].split(", ")), set(cache.split(", ")))
        self.assertEqual(send_request(proxy.port, "/static/viewers/follow/session.js")[0], 200)

    def test_foreign_origin_is_rejected_and_its_response_is_not_shared(self):
        proxy = self.start()
        path = self.updates("old:1")
        self.assertEqual(send_request(proxy.port, path, {"Origin": "http://evil.example"})[0], 403)
        self.assertEqual(send_request(proxy.port, path, {"Host": "evil.example"})[0], 403)
        status, _, body = send_request(proxy.port, path)
        self.assertEqual((status, json.loads(body)["t"]), (200, "snapshot"))

    @has_openssl
    def test_viewers_and_publishing_work_over_tls(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-tls-")))
        key, certificate = folder / "key", folder / "certificate"
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
        subprocess.run(command.split(), check=True, capture_output=True)
        both = folder / "both.pem"
        both.write_text(certificate.read_text() + key.read_text())
        proxy = self.start(certificate=both)
        tls = ssl.create_default_context(cafile=certificate)
        origin = f"https://127.0.0.1:{proxy.tls_port}"
        address = f"wss://127.0.0.1:{proxy.tls_port}/broadcasts/{self.slug}/ws"

        with connect(address, origin=origin, ssl=tls, compression=None) as viewer:
            first = json.loads(viewer.recv(LIMIT))
            self.publish(self.servers[0], CALL)
            news = json.loads(viewer.recv(LIMIT))
        status, _, body = send_request(proxy.tls_port, self.updates(f"{first['epoch']}:1"), tls=tls)

        self.assertEqual([first["t"], news["t"]], ["snapshot", "updates"])
        self.assertEqual((status, json.loads(body)), (200, news))
        self.assertEqual(send_request(proxy.tls_port, "/metrics", tls=tls)[0], 404)
        host = {"Host": "maps.example.org"}
        status, headers, _ = send_request(proxy.plain_port, "/broadcasts/x/?at=1", host)
        self.assertEqual(status, 308)
        self.assertEqual(headers["Location"], "https://maps.example.org/broadcasts/x/?at=1")


@has_nginx
class NginxTests(ProxyTests, DeployCase):
    proxy_class = Nginx

    def test_body_above_128_kib_is_rejected(self):
        proxy = self.start()
        path = f"/api/broadcasts/{self.slug}/updates"
        self.assertEqual(send_request(proxy.port, path, body=" " * 131073)[0], 413)

    def test_cached_snapshot_is_at_most_a_second_old(self):
        proxy = self.start()
        path = f"/broadcasts/{self.slug}/snapshot.json"
        send_request(proxy.port, path)
        self.publish(proxy, CALL)
        began = time.monotonic()
        wait_for(
            lambda: json.loads(send_request(proxy.port, path)[2])["seq"] == 2, "the update", limit=5
        )
        self.assertLess(time.monotonic() - began, 3)  # a second, and what a busy machine needs
        self.assertLess(proxy.origin_requests(path), 5)


@has_haproxy
class HAProxyTests(ProxyTests, DeployCase):
    proxy_class = HAProxy

    def test_connections_are_spread_over_the_servers(self):
        proxy = self.start()
        for watcher in self.watchers(proxy, 2):
            watcher.follow_to(1)
        texts = [send_request(server.port, "/metrics")[2].decode() for server in self.servers]
        for text in texts:
            self.assertIn(
                f'mapcenter_viewers{{broadcast="{self.slug}",transport="ws"}} 1.0\n', text
            )


class PollCrowd:
    """Many polls over connections that stay open, with as little code per poll as possible."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
        self.port = port
        self.count = count
        self.times: list[float] = []
        self.bodies: list[bytes] = []

    async def open(self) -> None:
        """Connect. Then call `send_polls` and `wait_for_responses`, repeatedly, and `close`."""
        self.streams = []
        for _ in range(self.count):
            self.streams.append(await asyncio.open_connection("127.0.0.1", self.port))

    def send_polls(self) -> None:
        """Send a poll on each connection."""
        self.times, self.bodies = [], []
        for _, writer in self.streams:
            writer.write(self.request)
        self.reading = [
            asyncio.create_task(self.read_response(reader)) for reader, _ in self.streams
        ]

    async def read_response(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.times.append(time.monotonic())
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert length, head
        self.bodies.append(await reader.readexactly(int(length[1])))

    async def wait_for_responses(self) -> None:
        """Wait until each poll has its response."""
        async with asyncio.timeout(2 * LIMIT):
            await asyncio.gather(*self.reading)

    def go_to(self, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()

    def close(self) -> None:
        for task in self.reading:
            task.cancel()
        for _, writer in self.streams:
            writer.transport.abort()


@has_nginx
class Collapsing(DeployCase):
    """Thousands of polls at one position become a handful of requests at the servers."""

    heartbeat = "13"  # the soonest comes after 10.4 s, just above the step of 10 s
    rounds = 3

    def run_through_nginx(self, scenario):
        with Nginx(*self.servers) as proxy:
            result = asyncio.run(scenario(proxy))
            return result, proxy.origin_requests(f"/broadcasts/{self.slug}/updates")

    async def to_thread(self, function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    def test_update_reaches_all_polls_within_a_second_with_ten_requests(self):
        epoch = self.position().partition(":")[0]

        async def scenario(proxy):
            crowd = PollCrowd(proxy.port, "", POLLS)
            direct = PollCrowd(self.servers[0].port, "", 1)
            await crowd.open()
            await direct.open()
            delays, waiting = [], []
            for seq in range(1, 1 + self.rounds):
                for polls in (crowd, direct):
                    polls.go_to(self.updates(f"{epoch}:{seq}"))
                    polls.send_polls()
                await asyncio.sleep(1 + POLLS / 2500)  # until all polls are at nginx
                waiting.append(self.polls_waiting() - 1)
                focus = {"view": {"focus": ("OH", "PA")[seq % 2]}}
                await self.to_thread(self.publish, self.servers[1], focus)
                await crowd.wait_for_responses()
                await direct.wait_for_responses()
                delays += [late - direct.times[0] for late in crowd.times]
                self.assertEqual(set(crowd.bodies), set(direct.bodies))
            crowd.close()
            direct.close()
            return delays, waiting

        (delays, waiting), requests = self.run_through_nginx(scenario)

        delays.sort()
        figures = (
            f"{POLLS} polls: {requests / self.rounds:.1f} origin requests per update, at most "
            f"{max(waiting)} waiting there; after the direct poll: median "
            f"{delays[len(delays) // 2]:.3f} s, p99 {delays[len(delays) * 99 // 100]:.3f} s, "
            f"last {delays[-1]:.3f} s"
        )
        if "POLLS" in os.environ:
            print(figures)
        self.assertEqual(len(delays), POLLS * self.rounds)
        self.assertLessEqual(requests, 10 * self.rounds, figures)
        self.assertLess(delays[-1], 1, figures)

    def test_heartbeat_is_shared_by_waiting_polls_when_the_first_viewer_has_left(self):
        path = self.updates(self.position())

        async def scenario(proxy):
            first, crowd = PollCrowd(proxy.port, path, 1), PollCrowd(proxy.port, path, 50)
            await first.open()
            await crowd.open()
            first.send_polls()
            while await self.to_thread(self.polls_waiting) != 1:
                await asyncio.sleep(0.02)
            crowd.send_polls()
            first.close()
            began = time.monotonic()
            await crowd.wait_for_responses()
            waited, frames = crowd.times[-1] - began, set(crowd.bodies)
            crowd.send_polls()  # the same again: the stored heartbeat must not answer it
            await asyncio.wait(crowd.reading, timeout=1.5)
            at_once = len(crowd.times)
            await self.to_thread(self.publish, self.servers[0], CALL)
            await crowd.wait_for_responses()
            crowd.close()
            return waited, frames, at_once, set(crowd.bodies)

        with ThreadPoolExecutor() as threads:  # they take as long as the rest
            cut = [threads.submit(self.slow_headers, kind) for kind in (Nginx, HAProxy)]
            result, requests = self.run_through_nginx(scenario)
        waited, frames, at_once, news = result

        self.assertEqual([json.loads(frame)["t"] for frame in frames], ["heartbeat"])
        self.assertLess(waited, float(self.heartbeat) * 1.2 + 1)
        self.assertEqual(at_once, 0)
        self.assertEqual([json.loads(frame)["t"] for frame in news], ["updates"])
        self.assertLessEqual(requests, 6)
        for seconds in cut:
            self.assertLess(seconds.result(), 12)

    def slow_headers(self, kind):
        """Return the seconds until a proxy ends a request whose headers do not end."""
        if not shutil.which(kind.program):
            return 0
        with (
            kind(*self.servers) as proxy,
            socket.create_connection(("127.0.0.1", proxy.port), LIMIT) as slow,
        ):
            slow.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Slow: ".encode())
            began = time.monotonic()
            with contextlib.suppress(ConnectionResetError):
                while slow.recv(4096):
                    pass
            return time.monotonic() - began
