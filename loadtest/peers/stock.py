"""The Channels tutorial on Daphne. A message is what one more viewer says."""

import json
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from loadtest.peers.base import Broken, Peer

PATH = "/ws/chat/lobby/"


class Stock(Peer):
    """Nothing is tuned, and nothing is made worse: see loadtest/stock/asgi.py."""

    name = "stock"
    title = "Channels tutorial, Daphne"
    viewers = {"ws": ("plain", PATH)}
    _speaker: ClientConnection | None = None

    def command(self) -> list[str]:
        application = "loadtest.peers.stock_chat:application"
        return [sys.executable, "-m", "daphne", "-p", str(self.place.port), application]

    async def publish(self, text: str) -> None:
        try:
            self._speaker = self._speaker or await connect(
                f"ws://127.0.0.1:{self.place.port}{PATH}",
                origin=self.target.url,  # type: ignore[arg-type]
                ping_interval=None,  # a server that is busy for 20 s is no reason to leave
            )
            await self._speaker.send(json.dumps({"message": text}))
        except (OSError, WebSocketException) as error:
            raise Broken(f"speaking: {error}") from error
