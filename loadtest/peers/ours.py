"""Map Center, three ways. A message is an update through the publishing API."""

import asyncio
import sys
from http import HTTPStatus
from typing import ClassVar

from loadtest.common.http_api import Api, Unanswered
from loadtest.common.server import Server
from loadtest.peers.base import Broken, Peer, Place, run

SLUG = "benchmark"
USER = "benchmark"


class Ours(Peer):
    """`manage.py` with a database of its own. What a message costs includes writing it there."""

    viewers = {
        "ws": ("plain", f"/broadcasts/{SLUG}/ws"),
        "poll": ("mapcenter", f"/broadcasts/{SLUG}/updates"),
    }
    arguments: ClassVar[str]  # of manage.py; {port} stands for the port

    def __init__(self, place: Place, transport: str) -> None:
        super().__init__(place, transport)
        self.environment |= {
            "STATE_DIRECTORY": str(place.folder),
            "DATABASE_URL": f"sqlite:///{place.folder}/db.sqlite3",
            "PORT": str(place.port),
        }

    def command(self) -> list[str]:
        self._manage("migrate", "--verbosity", "0")
        self._manage("createsuperuser", "--noinput", "--username", USER, "--email", "")
        arguments = self.arguments.format(port=self.place.port).split()
        return [sys.executable, "manage.py", *arguments]

    async def start(self) -> Server:
        server = await super().start()
        await asyncio.to_thread(self._go_on_air)
        return server

    def _go_on_air(self) -> None:
        self.api = Api(self.target, self._manage("apitoken", USER).split()[-1])
        try:
            answer = self.api.create(SLUG)
        except Unanswered as error:
            raise Broken(f"creating the broadcast: {error}") from error
        if answer.status != HTTPStatus.CREATED:
            raise Broken(f"creating the broadcast: {answer.status}, {answer.body[:200]!r}")
        self._publish({"kind": "start"})

    async def publish(self, text: str) -> None:
        await asyncio.to_thread(self._publish, {"story": {"headline": text}})

    def _publish(self, change: dict[str, object]) -> None:
        self.post(f"/api/broadcasts/{SLUG}/updates", change)

    def _manage(self, *arguments: str) -> str:
        return run(sys.executable, "manage.py", *arguments, environment=self.environment)


class Serve(Ours):
    name = "serve"
    title = "Map Center, serve"
    arguments = "serve --port {port}"


class Plain(Ours):
    name = "plain"
    title = "Map Center, serve --plain"
    arguments = "serve --plain --port {port}"


class Runserver(Ours):
    name = "runserver"
    title = "Map Center on Daphne"
    arguments = "runserver --noreload 127.0.0.1:{port}"
