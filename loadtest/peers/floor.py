"""A bare loop of send(), in C: what the kernel itself costs. A message is the body of a POST."""

from pathlib import Path

from loadtest.peers.base import Peer, find_program, run_program

SOURCE = Path(__file__).parent / "floor.c"


class Floor(Peer):
    """The lower limit for every server. In C, as an interpreter adds work."""

    name = "floor"
    title = "bare send(), C"
    viewers = {"ws": ("plain", "/")}

    def command(self) -> list[str]:
        binary = self.placement.folder / "floor"
        run_program(find_program("gcc"), "-O2", "-o", str(binary), str(SOURCE))
        return [str(binary), str(self.placement.port)]
