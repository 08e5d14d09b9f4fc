"""A bare loop of send(), in C: what the kernel asks for. A message is the body of a POST."""

from pathlib import Path

from loadtest.peers.base import Peer, program, run

SOURCE = Path(__file__).parent / "floor.c"


class Floor(Peer):
    """Compiled here: an interpreter's own work would be no floor."""

    name = "floor"
    title = "bare send(), C"
    viewers = {"ws": ("plain", "/")}

    def command(self) -> list[str]:
        binary = self.place.folder / "floor"
        run(program("gcc"), "-O2", "-o", str(binary), str(SOURCE))
        return [str(binary), str(self.place.port)]
