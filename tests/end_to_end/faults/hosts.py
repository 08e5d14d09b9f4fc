"""A site of two hosts, each with its own state directory, and people who watch it.

They share a PostgreSQL and a Redis, which are on hosts of their own. Viewers, staff and the proxy
are here.
"""

import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import TestCase

import psutil

from tests.end_to_end.faults.people import LONGEST_ANSWER, People
from tests.end_to_end.faults.site import Site
from tests.support.clock import wrong_clock
from tests.support.figures import check_within
from tests.support.network import Network, Node
from tests.support.proxies import NAME, HAProxy, replace
from tests.support.rq_workers import kill_tree
from tests.support.server import ROOT, ServeProcess, postgres, redis, wait_for
from viewers.protocol.frames import RETURN_RANGE

SKEW = 20  # seconds that the second host's clock is ahead


class Host(ServeProcess):
    """Two server processes on a node. They can be frozen and killed together."""

    def __init__(self, node: Node, root: Path = ROOT, **environment: str) -> None:
        self.node, self.host, self.enter, self.root = node, node.host, node.enter, root
        super().__init__("serve --processes 2", **environment)

    def all_processes(self) -> list[psutil.Process]:
        """Return the supervisor and the processes that serve."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        processes = self.all_processes()
        for each in processes:
            each.suspend()
        try:
            yield
        finally:
            for each in processes:
                each.resume()

    def kill(self) -> None:
        """Kill all processes at once, as when the host loses its power."""
        kill_tree(psutil.Process(self.process.pid))
        self.process.wait()

    def roll(self) -> None:
        """Replace the processes, as `systemctl reload` does."""
        self.process.send_signal(signal.SIGHUP)


class QuickProxy(HAProxy):
    """HAProxy, which gives a host that is back its share of the viewers within a second."""

    def config(self) -> str:
        return replace(super().config(), "slowstart 10s", "slowstart 1s")


class SiteOfHosts(Site):
    """`hosts` behind HAProxy, with one database and one broadcast."""

    def __init__(self, hosts: Iterable[Host], proxy: HAProxy) -> None:
        self.server, *_ = self.hosts = list(hosts)
        self.url = proxy.url
        self.fill_database()


class HostsCase(TestCase):
    """Two hosts, the second one with a wrong clock, and people who watch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = cls.enterClassContext(Network())
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-")))
        names = ("postgresql", "redis", "right", "wrong")
        cls.database, cls.layer, *nodes = [cls.network.add(name) for name in names]
        allowed = ["127.0.0.1", NAME, *(node.host for node in nodes)]
        redis_url = cls.enterClassContext(redis(None, cls.layer.host, cls.layer.enter))
        environment = {
            "DATABASE_URL": cls.enterClassContext(postgres(cls.database.host, cls.database.enter)),
            "REDIS_URL": redis_url,
            "ALLOWED_HOSTS": ",".join(allowed),
            "FORWARDED_ALLOW_IPS": cls.network.host,
        }
        cls.right = Host(nodes[0], cls.checkout("right"), **environment)
        environment |= wrong_clock(str(cls.folder), CLOCK_SKEW=SKEW)
        cls.wrong = Host(nodes[1], cls.checkout("wrong"), **environment)
        cls.hosts = [cls.right, cls.wrong]
        cls.proxy = QuickProxy(*cls.hosts)
        cls.site = SiteOfHosts(cls.hosts, cls.proxy)
        for host in cls.hosts:
            cls.prepare(host)
            cls.enterClassContext(host)
        cls.enterClassContext(cls.proxy)
        assert cls.site.publish({"kind": "start"})[0] == 201

    @classmethod
    def checkout(cls, name):
        """Return the folder of a host's code."""
        return ROOT

    @classmethod
    def prepare(cls, host):
        """Prepare a host before it starts."""

    def setUp(self):
        for host in self.hosts:
            if host.process.poll() is not None:  # a test failed before it did so
                host.start()
            wait_for(lambda host=host: self.is_ready(host), "the host")
        wait_for(self.proxy.has_all_servers, "viewers to go to both hosts")
        self.people = self.enterContext(People(self.site))
        self.printed = [len(host.output().splitlines()) for host in self.hosts]

    def logged(self, host):
        """Return the lines that a host has logged in this test."""
        return host.output().splitlines()[self.printed[self.hosts.index(host)] :]

    def publish_for(self, seconds, url=None):
        """Publish an update every half second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.people.publish(url)
            self.people.ended.wait(0.5)

    def check_desk(self, fault):
        """Check that a take at each console is answered in time."""
        for console in self.people.consoles:
            wait_for(lambda console=console: console.socket is not None, "the console")
            check_within(
                self, f"{fault}: answer at a desk", self.people.take(console), LONGEST_ANSWER
            )

    def check_all_is_well(self, silent=0):
        """Check that viewers follow again, and that consoles have their true number. `silent` is
        the number of processes that were killed."""
        self.people.publish()
        self.people.follow()
        self.people.wait_for_counts(silent)

    def is_ready(self, host):
        return self.site.request("/readyz", url=host.url)[0] == 200

    def check_absences(self, fault):
        """Check that each viewer lost its connection once per host at most, and not for long."""
        absences = self.people.absences()
        longest = max(max(each, default=0) for each in absences)
        check_within(self, f"{fault}: longest absence of a viewer", longest, RETURN_RANGE[1] + 1)
        self.assertLessEqual(max(map(len, absences)), len(self.hosts), absences)
