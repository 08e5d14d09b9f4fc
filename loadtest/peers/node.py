"""Socket.IO and ws, small servers for Node. A message is the body of a POST."""

import shutil
from pathlib import Path
from typing import ClassVar

from loadtest.peers.base import Peer, program, run

HERE = Path(__file__).parent
PACKAGES = "package.json"


class Node(Peer):
    """Their packages are installed where the state is kept, on the first run."""

    script: ClassVar[str]
    transports: ClassVar[dict[str, str]] = {}  # what the script calls them

    def command(self) -> list[str]:
        node, folder = program("node"), self._packages()
        shutil.copy(HERE / self.script, folder)  # it looks for its packages beside it
        words = [self.transports[self.transport]] if self.transports else []
        return [node, str(folder / self.script), str(self.place.port), *words]

    def _packages(self) -> Path:
        """The folder with node_modules: as it is if package.json is still the same."""
        npm, folder = program("npm"), self.place.installed / "node"
        done, wanted, new = folder / PACKAGES, HERE / PACKAGES, folder / "new"
        if done.exists() and done.read_text() == wanted.read_text():
            return folder
        done.unlink(missing_ok=True)
        new.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, new)
        run(npm, "install", "--no-audit", "--no-fund", "--loglevel=error", where=new)
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        (new / "node_modules").rename(folder / "node_modules")
        shutil.copy(wanted, folder)  # last: from now on it is complete
        return folder


class SocketIo(Node):
    name = "socketio"
    title = "Socket.IO 4, Node"
    script = "socketio.mjs"
    transports = {"ws": "websocket", "poll": "polling"}
    viewers = {
        "ws": ("socket.io", "/socket.io/?EIO=4&transport=websocket"),
        "poll": ("engine.io", "/socket.io/?EIO=4&transport=polling"),
    }


class Ws(Node):
    name = "ws"
    title = "ws, Node"
    script = "ws.mjs"
    viewers = {"ws": ("plain", "/")}
