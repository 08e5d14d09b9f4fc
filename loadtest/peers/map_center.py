"""Map Center, on three servers. A message is an update through the publishing API."""

import asyncio
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from loadtest.common.http_api import Api, NoResponse
from loadtest.common.server_processes import ServerProcesses
from loadtest.peers.base import Peer, PeerFailed, Placement, run_program

SLUG = "benchmark"
USER = "benchmark"


class MapCenter(Peer):
    """`manage.py` with its own database. A message's cost includes writing it there."""

    viewers = {
        "ws": ("plain", f"/broadcasts/{SLUG}/ws"),
        "poll": ("mapcenter", f"/broadcasts/{SLUG}/updates"),
    }
    arguments: ClassVar[str]  # of manage.py; {port} is replaced

    def __init__(self, placement: Placement, transport: str) -> None:
        super().__init__(placement, transport)
        self.environment |= {
            "STATE_DIRECTORY": str(placement.folder),
            "DATABASE_URL": f"sqlite:///{placement.folder}/db.sqlite3",
            "PORT": str(placement.port),
        }

    def command(self) -> list[str]:
        self._manage("migrate", "--verbosity", "0")
        self._manage("createsuperuser", "--noinput", "--username", USER, "--email", "")
        arguments = self.arguments.format(port=self.placement.port).split()
        return [sys.executable, "manage.py", *arguments]

    async def start(self) -> ServerProcesses:
        server = await super().start()
        await asyncio.to_thread(self._go_on_air)
        return server

    async def publish(self, text: str) -> None:
        await asyncio.to_thread(self._publish, {"story": {"headline": text}})

    def _go_on_air(self) -> None:
        self.api = Api(self.target, self._manage("apitoken", USER).split()[-1])
        try:
            response = self.api.create(SLUG)
        except NoResponse as error:
            raise PeerFailed(f"the broadcast could not be created: {error}") from error
        if response.status != HTTPStatus.CREATED:
            raise PeerFailed(
                f"the broadcast could not be created: {response.status}, {response.body[:200]!r}"
            )
        self._publish({"kind": "start"})

    def _publish(self, change: Mapping[str, object]) -> None:
        self.post(f"/api/broadcasts/{SLUG}/updates", change)

    def _manage(self, *arguments: str) -> str:
        return run_program(sys.executable, "manage.py", *arguments, environment=self.environment)


class Serve(MapCenter):
    name = "serve"
    title = "Map Center, serve"
    arguments = "serve --port {port}"


class Plain(MapCenter):
    name = "plain"
    title = "Map Center, serve --plain"
    arguments = "serve --plain --port {port}"


class Runserver(MapCenter):
    name = "runserver"
    title = "Map Center on Daphne"
    arguments = "runserver --noreload 127.0.0.1:{port}"
