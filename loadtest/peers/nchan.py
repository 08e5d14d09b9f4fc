"""Nchan, a module of nginx, in C. A message is the body of a POST."""

import re
import resource
from pathlib import Path

from loadtest.peers.base import Peer, PeerUnavailable, find_program, run_program

TEMPLATE = Path(__file__).parent / "nchan.conf"
MODULE = "ngx_nchan_module.so"


class Nchan(Peer):
    """Debian's nginx and libnginx-mod-nchan."""

    name = "nchan"
    title = "Nchan, nginx"
    viewers = {"ws": ("plain", "/viewers"), "poll": ("nchan", "/viewers")}

    def command(self) -> list[str]:
        nginx = find_program("nginx")
        found = re.search(r"--modules-path=(\S+)", run_program(nginx, "-V"))
        module = Path(found[1] if found else "/usr/lib/nginx/modules", MODULE)
        if not module.exists():
            raise PeerUnavailable(f"nginx has no {MODULE} (Debian: libnginx-mod-nchan)")
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        text = TEMPLATE.read_text()
        for name, value in {
            "module": module,
            "folder": self.placement.folder,
            "files": files,
            "port": self.placement.port,
        }.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = self.placement.folder / "nginx.conf"
        configuration.write_text(text)
        return [nginx, "-e", "stderr", "-c", str(configuration)]
