"""One simulated viewer: comes, loads the page, follows the broadcast, leaves and comes back."""

import asyncio
import random
import time
from typing import Protocol

from broadcaster.domain.stream import Replica, Snapshot
from loadtest.common import failures
from loadtest.common.failures import Failure
from loadtest.common.plan import ViewerSpec
from loadtest.swarm.browser import Browser
from loadtest.swarm.follower import Follower, FollowerGroup

PATIENCE = 30.0  # seconds after which a viewer gives up a page
RELOAD = (2.0, 10.0)  # seconds after which a viewer reloads a page that failed


class ViewerGroup(FollowerGroup, Protocol):
    """A `FollowerGroup` whose viewers load pages, and leave."""

    page: bool

    def page_loaded(self, seconds: float) -> None: ...

    def page_failed(self, viewer: "SimulatedViewer", why: Failure) -> None: ...

    def left(self, viewer: "SimulatedViewer") -> None: ...


class SimulatedViewer(Follower):
    """A viewer from its arrival on. `away` is true between two visits, and during sleep."""

    __slots__ = ("arrived", "browser", "due", "loading", "viewers")
    group: ViewerGroup

    def __init__(self, group: ViewerGroup, spec: ViewerSpec) -> None:
        super().__init__(group, spec)
        self.browser: Browser | None = None  # made for the first page
        self.due = 0.0  # seconds, when this viewer was to arrive
        self.arrived = False  # has received a frame at some time
        self.loading: float | None = None  # seconds, when the page was requested

    def arrive(self, due: float) -> None:
        """Come for the first time, which was planned for `due` (seconds)."""
        self.due = due
        self._visit()

    def leave(self) -> None:
        """Close the page, to `come_back` later."""
        if self.line is not None:
            self.line.leave()
            self.line = None
        if self.browser is not None:
            self.browser.close()
        self.group.left(self)
        self.pause()
        self.drop()
        self.away = True

    def come_back(self) -> None:
        """Open the page again. Its files are cached."""
        self.away = False
        self.start_over()
        self._visit()

    def fall_asleep(self) -> None:
        """Vanish without closing the connection, to `wake` later."""
        if self.line is not None:
            self.line.lose_network()
        self.group.left(self)
        self.pause()
        self.rest()
        self.away = True

    def wake(self) -> None:
        """Come back as a page does whose network is back: with a new connection, at once.

        What was missed comes with the first frame, and counts as little as it does for a viewer
        who came later.
        """
        self.away = False
        self.catching_up = True
        self.joined = None
        if self.line is not None:
            self.line.regain_network()
        self.reconnect()

    def check(self, now: float) -> None:
        """Give up a page that takes too long, or a connection whose deadline has passed."""
        if self.loading is None:
            super().check(now)
        elif now - self.loading > PATIENCE and self.browser is not None:
            self.browser.close()
            self.page_failed(failures.TIMEOUT)

    def _visit(self) -> None:
        """Load the page if this viewer does, and connect."""
        self.waiting = None
        if not self.group.page:
            self.begin()
            return
        if self.browser is None:
            path = f"{self.group.path}/"
            self.browser = Browser(self, self.group.target, path, self.spec.source_ip)
        self.loading = time.monotonic()
        self.browser.load()

    def page_loaded(self, snapshot: Snapshot) -> None:
        """Handle the page and all its files: its script has the map, and connects."""
        assert self.loading is not None
        self.group.page_loaded(time.monotonic() - self.loading)
        self.loading = None
        self.session.replica = Replica(snapshot, self.group.contests)
        self.joined = snapshot.seq
        self.begin()

    def page_failed(self, why: Failure) -> None:
        """Handle a page that did not load: the viewer reloads it after a moment."""
        self.loading = None
        self.group.page_failed(self, why)
        loop = asyncio.get_running_loop()
        self.waiting = loop.call_later(random.uniform(*RELOAD), self._visit)
