"""The relays of one process: one for each broadcast that has viewers here."""

import asyncio
import resource

from broadcaster.layer.connection import ChannelLayer
from broadcaster.layer.outage import Outage
from viewers.fanout.heartbeat import EVERY_25_SECONDS, Heartbeat
from viewers.fanout.hub import KEEP, Hub
from viewers.fanout.log_reader import BroadcastDeleted, LogReader, LogUnavailable
from viewers.fanout.relay import Relay
from viewers.protocol.frames import Close

RESERVED_FILES = 100  # of the process's file limit: database, layer, static files, staff
UNKNOWN = 1.0  # seconds for which a slug without a broadcast is not looked up again
UNKNOWN_SLUGS = 4096  # of these at most; the oldest are evicted first


class RelayRegistry:
    """Starts a relay when its first viewer comes, and ends them all.

    `limit` is the number of connections that this process may hold.
    """

    def __init__(
        self,
        log: LogReader,
        layer: ChannelLayer,
        heartbeat: Heartbeat = EVERY_25_SECONDS,
        limit: int | None = None,
    ) -> None:
        self.heartbeat = heartbeat
        self.limit = limit or room_for_viewers()
        self.draining = False  # soon no viewers are accepted: /readyz sends them elsewhere
        self.closing: Close | None = None
        self._log = log
        self._layer = layer
        self._database = Outage("database")
        self._relays: dict[str, asyncio.Task[Relay | None]] = {}
        self._running: dict[str, Relay] = {}  # those that have started
        self._unknown: dict[str, float] = {}  # until when, by slug; in the order of these times

    async def hub(self, slug: str) -> Hub | None:
        """Return the hub of a broadcast, loaded once however many ask; None if there is none.

        Raises LogUnavailable.
        """
        task = self._relays.get(slug)
        if task is None:
            if self._unknown.get(slug, 0) > asyncio.get_running_loop().time():
                return None
            task = self._relays[slug] = asyncio.create_task(self._start(slug))
            task.add_done_callback(lambda done: self._keep(slug, done))
        relay = await asyncio.shield(task)
        return relay.hub if relay else None

    def ready(self, slug: str) -> Hub | None:
        """Return the hub of a broadcast if it is loaded already."""
        relay = self._running.get(slug)
        return relay.hub if relay else None

    @property
    def running(self) -> list[Relay]:
        """The relays that have started."""
        return list(self._running.values())

    @property
    def viewers(self) -> int:
        """The number of connections in all hubs now."""
        return sum([relay.hub.viewers for relay in self._running.values()])

    @property
    def rejection(self) -> Close | None:
        """The code to close new viewers with, if this process is draining or full; else None."""
        if self.closing is not None:
            return self.closing
        return Close.FULL if self.viewers >= self.limit else None

    async def close(self, code: Close, rate: int) -> None:
        """Reject new viewers from now on, and disconnect the present ones, `rate` a second."""
        self.closing = code
        for relay in self.running:
            await relay.hub.disconnect_all(code, rate)

    async def stop(self) -> None:
        """End all relays."""
        await asyncio.gather(*(relay.stop() for relay in self.running))
        self._relays.clear()
        self._running.clear()
        self._log.close()

    async def _start(self, slug: str) -> Relay | None:
        try:
            opened = await self._log.open(slug, KEEP)
            if opened is None:
                return None
            relay = Relay(opened, self._log, self._layer, self.heartbeat, self._forget)
            await relay.start()
        except BroadcastDeleted:
            return None
        except LogUnavailable as error:
            self._database.begin(error)
            raise
        self._database.end()
        return relay

    def _keep(self, slug: str, done: asyncio.Task[Relay | None]) -> None:
        """Keep a relay that has started. Otherwise the next viewer tries again."""
        if not done.cancelled() and done.exception() is None:
            if (relay := done.result()) is not None:
                self._running[slug] = relay
                return
            self._note_unknown(slug)
        self._relays.pop(slug, None)

    def _note_unknown(self, slug: str) -> None:
        """Remember for `UNKNOWN` seconds that no broadcast has this slug."""
        self._unknown.pop(slug, None)
        if len(self._unknown) >= UNKNOWN_SLUGS:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[slug] = asyncio.get_running_loop().time() + UNKNOWN

    def _forget(self, relay: Relay) -> None:
        if self._running.get(relay.slug) is relay:  # not yet replaced by another one
            del self._running[relay.slug], self._relays[relay.slug]


def room_for_viewers() -> int:
    """Return how many connections the file limit of this process allows, less a reserve."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_FILES, 1)
