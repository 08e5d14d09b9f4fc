"""Socket.IO and ws, small servers for Node. A message is the body of a POST."""

import shutil
from pathlib import Path
from typing import ClassVar

from loadtest.peers.base import Peer, find_program, run_program

HERE = Path(__file__).parent
PACKAGES = "package.json"


class Node(Peer):
    """A Node script. Its packages are installed on the first run, and kept."""

    script: ClassVar[str]
    transports: ClassVar[dict[str, str]] = {}  # the script's names for them, if it takes one

    def command(self) -> list[str]:
        node, folder = find_program("node"), self._install_packages()
        shutil.copy(HERE / self.script, folder)  # Node searches for packages beside the script
        arguments = [self.transports[self.transport]] if self.transports else []
        return [node, str(folder / self.script), str(self.placement.port), *arguments]

    def _install_packages(self) -> Path:
        """Return the folder with node_modules, installed anew if package.json has changed."""
        npm, folder = find_program("npm"), self.placement.installed / "node"
        done, wanted, new = folder / PACKAGES, HERE / PACKAGES, folder / "new"
        if done.exists() and done.read_text() == wanted.read_text():
            return folder
        done.unlink(missing_ok=True)
        new.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, new)
        run_program(npm, "install", "--no-audit", "--no-fund", "--loglevel=error", where=new)
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        (new / "node_modules").rename(folder / "node_modules")
        shutil.copy(wanted, folder)  # last, because it marks the installation as complete
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
