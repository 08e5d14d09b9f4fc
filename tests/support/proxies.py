"""The proxies of deploy/: real ones, with those files, in which only addresses and paths differ."""

import contextlib
import csv
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase

from broadcaster.models import ApiToken, Broadcast
from tests.support.contests import president
from tests.support.programs import find_program
from tests.support.server import LIMIT, ROOT, ServeProcess, answers, free_port, redis, wait_for

NAME = "maps.example.org"  # the host that the files of deploy/ are written for


class Proxy(ABC):
    """A proxy in front of `servers`, with a folder of its own. Starts on entry, stops on exit."""

    source: str  # the file in deploy/

    def __init__(
        self,
        *servers: ServeProcess,
        certificate: Path | None = None,
        connections: int | None = None,
    ) -> None:
        """`connections` limits how many there may be, in place of the limit in the file."""
        self.servers = servers
        self.connections = connections
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
        addresses = [f"{server.host}:{server.port}" for server in self.servers]
        addresses += [f"127.0.0.1:{free_port()}" for _ in range(4 - len(addresses))]
        for old, address in zip(range(8001, 8005), addresses, strict=True):
            text = replace(text, f"server( [a-d])? 127.0.0.1:{old}\\b", rf"server\1 {address}")
        return text

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that starts the proxy in its folder."""


class Nginx(Proxy):
    source = "nginx.conf"

    def config(self) -> str:
        text = super().config()
        text = replace(text, "listen 80 ", f"listen 127.0.0.1:{self.port} ")
        text = replace(text, r"/run/|/var/log/nginx/|/var/cache/nginx/", f"{self.folder}/")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        text = replace(text, r"(?m)^http {\n", f"http {{\n{temporary}")
        if self.connections:
            text = replace(text, "worker_processes auto", "worker_processes 1")
            text = replace(
                text, "worker_connections 65536", f"worker_connections {self.connections}"
            )
        if self.certificate:
            text = replace(text, r"(?m)^( +)# (?=listen 443|ssl_|if )", r"\1")
            text = replace(text, "listen 443 ", f"listen 127.0.0.1:{self.tls_port} ")
            text = replace(text, r"/etc/nginx/mapcenter\.(crt|key)", str(self.certificate))
            self.plain_port = self.port
        return text

    def command(self) -> list[str]:
        return [
            find_program("nginx", "nginx"),
            "-p",
            str(self.folder),
            "-c",
            "config",
            "-g",
            "daemon off;",
        ]

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
    source = "haproxy.cfg"

    def __enter__(self) -> "HAProxy":
        super().__enter__()
        wait_for(self.has_all_servers, "HAProxy to check its servers", self.has_ended)
        return self

    def has_all_servers(self) -> bool:
        """Return whether each server gets its full share of new connections, and nothing else does.

        HAProxy takes all addresses of its file for servers until its first checks have failed.
        """
        path = self.folder / "admin.sock"
        if not path.exists():  # HAProxy still starts
            return False
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(path))
            admin.sendall(b"show stat\n")
            with admin.makefile() as answer:
                rows = list(csv.DictReader(answer))
        servers = [row for row in rows if re.fullmatch("[a-d]", row["svname"])]
        full = [row for row in servers if row["status"] == "UP" and not row["throttle"]]
        down = [row for row in servers if row["status"] == "DOWN"]
        return len(full) == len(self.servers) and len(full) + len(down) == len(servers)

    def config(self) -> str:
        text = super().config()
        text = replace(text, "bind :80\n", f"bind 127.0.0.1:{self.plain_port}\n")
        text = replace(text, "bind 127.0.0.1:8080 ", f"bind 127.0.0.1:{self.port} ")
        text = replace(text, "/run/haproxy/", f"{self.folder}/")
        if self.connections:
            files = 2 * self.connections + 100
            text = replace(text, r"(fd-hard-limit) \d+", rf"\1 {files}")
        if self.certificate:
            text = replace(text, "bind :443 ", f"bind 127.0.0.1:{self.tls_port} ")
            text = replace(text, r"/etc/haproxy/mapcenter\.pem", str(self.certificate))
        else:
            text = replace(text, r"(?m)^    bind :443 .*\n", "")
        if os.geteuid():
            text = replace(text, r"(?m)^    (user|group|chroot) .*\n", "")
        return text

    def command(self) -> list[str]:
        return [find_program("haproxy", "haproxy"), "-db", "-f", str(self.folder / "config")]


def replace(text: str, pattern: str, new: str | Callable[[re.Match[str]], str]) -> str:
    """Return `re.sub`, and fail if `pattern` does not occur."""
    text, count = re.subn(pattern, new, text)
    assert count, f"{pattern} is not in the file"
    return text


class ProxyCase(TransactionTestCase):
    """A broadcast on air, and two servers that share its database and a Redis."""

    heartbeat = "25"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        environment = {
            "REDIS_URL": cls.enterClassContext(redis()),
            "ALLOWED_HOSTS": f"127.0.0.1,{NAME}",
            "HEARTBEAT": cls.heartbeat,
        }
        cls.servers = [cls.enterClassContext(ServeProcess(**environment)) for _ in range(2)]

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        Broadcast.objects.create(slug=self.slug, title="Night", contests=president(2020))
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
        return f"/broadcasts/{self.slug}/updates?v=2&since={quote(position)}"

    def polls_waiting(self):
        """Return how many polls wait at the servers."""
        pattern = f'mapcenter_viewers{{broadcast="{self.slug}",transport="poll"}} (\\d+)'
        texts = [send_request(server.port, "/metrics")[2].decode() for server in self.servers]
        return sum(int(count) for text in texts for count in re.findall(pattern, text))


def send_request(port, path, headers=None, body=None, tls=None, pause=0):
    """Make a request on a new connection. Return status, headers and body.

    The second half of the body follows `pause` seconds after the first.
    """
    if tls is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=LIMIT, context=tls)
    with contextlib.closing(connection):
        headers = headers or {}
        if pause:
            headers = {"Content-Length": str(len(body)), **headers}
            body = slow_halves(body, pause)
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def slow_halves(body, pause):
    """Yield the halves of a body, with so many seconds between them."""
    half = len(body) // 2
    yield body[:half]
    time.sleep(pause)
    yield body[half:]
