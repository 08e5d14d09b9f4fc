"""The Channels tutorial on Daphne. One more viewer sends the messages."""

import json
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from loadtest.peers.base import Peer, PeerFailed

PATH = "/ws/chat/lobby/"


class Stock(Peer):
    """The tutorial's chat, unchanged (stock_chat.py)."""

    name = "stock"
    title = "Channels tutorial, Daphne"
    viewers = {"ws": ("plain", PATH)}
    _sender: ClientConnection | None = None

    def command(self) -> list[str]:
        application = "loadtest.peers.stock_chat:application"
        return [sys.executable, "-m", "daphne", "-p", str(self.placement.port), application]

    async def publish(self, text: str) -> None:
        try:
            self._sender = self._sender or await connect(
                f"{self.target.websocket_url}{PATH}",
                origin=self.target.url,  # type: ignore[arg-type]
                ping_interval=None,  # the server may be busy for longer than a ping may take
            )
            await self._sender.send(json.dumps({"message": text}))
        except (OSError, WebSocketException) as error:
            raise PeerFailed(f"publishing failed: {error}") from error
