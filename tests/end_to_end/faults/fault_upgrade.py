"""A rolling upgrade of two hosts: pages and modules of both versions are there all the time."""

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

from tests.end_to_end.faults.hosts import HostsCase
from tests.support.server import LIMIT, ROOT, wait_for

PARTS = ("broadcaster", "loadtest", "locale", "mapcenter", "viewers")  # of a checkout
NEWER = "99.0.0"  # the version
MODULE = "viewers/static/viewers/follow/session.js"  # which many others import
STATIC = re.compile(r'"(/static/[^"]+)"')
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")


class Upgrade(HostsCase):
    """A rolling upgrade in the order of docs/operating-several-hosts.md."""

    @classmethod
    def checkout(cls, name):
        folder = cls.folder / name
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "manage.py", folder)
        return folder

    @classmethod
    def prepare(cls, host):
        host.manage("collectstatic", "--no-input", "--verbosity", "0")

    def test_rolling_upgrade(self):
        old = self.load_page()
        self.assertEqual(self.missing(old), [])
        over = threading.Event()
        self.install_newer_code()
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(self.read_pages, old, over)
            try:
                for host in self.hosts:
                    host.roll()
                    wait_for(
                        lambda host=host: self.serves_newer_code(host),
                        "newer code",
                        limit=3 * LIMIT,
                    )
                    self.people.publish(self.right.url)
                    self.people.publish(self.wrong.url)
                    wait_for(self.people.all_are_connected, "the viewers")
            finally:
                over.set()
            self.assertEqual(reading.result(), [])
        self.people.follow()

        new = self.load_page()
        self.assertTrue(new - old)
        self.assertEqual(self.missing(old | new), [])
        self.check_absences("rolling upgrade")
        self.check_all_is_well()

    def install_newer_code(self):
        """Put the newer code in place on both hosts, with its static files, then migrate."""
        for host in self.hosts:
            for path, text in (
                ("mapcenter/__init__.py", f'\n__version__ = "{NEWER}"\n'),
                (MODULE, f"\n// {NEWER}\n"),
            ):
                with (host.root / path).open("a") as file:
                    file.write(text)
            host.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.right.manage("migrate", "--verbosity", "0")

    def serves_newer_code(self, host):
        """Return whether the newer processes of a host answer, and no older one."""
        if not self.is_ready(host):
            return False
        answers = {self.site.request("/healthz", url=host.url)[1] for _ in range(10)}
        return answers == {f"ok {NEWER}\n"}

    def load_page(self):
        """Load a viewer's page through the proxy. Return the addresses of its static files."""
        status, page, _ = self.site.request("/broadcasts/night/")
        self.assertEqual(status, 200)
        return set(STATIC.findall(page))

    def missing(self, addresses):
        """Return which of these files, and of those that they import, are missing."""
        found, waiting = set(), list(addresses)
        missing = []
        while waiting:
            address = waiting.pop()
            if address in found:
                continue
            found.add(address)
            status, text, headers = self.site.request(address)
            if status != 200:
                missing.append((address, status, headers["Cache-Control"]))
            elif address.endswith(".js"):
                waiting += [urljoin(address, name) for name in IMPORT.findall(text)]
        return missing

    def read_pages(self, old, over):
        """Load the page, its files, and those of an older page, until it is over.

        Return what was missing.
        """
        missing = []
        while not over.is_set():
            missing += self.missing(self.load_page() | old)
        return missing
