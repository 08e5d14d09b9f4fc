"""Nchan, a module of nginx, in C. A message is the body of a POST."""

import re
import resource
from pathlib import Path

from loadtest.peers.base import Missing, Peer, program, run

TEMPLATE = Path(__file__).parent / "nchan.conf"
MODULE = "ngx_nchan_module.so"


class Nchan(Peer):
    """Debian's nginx and libnginx-mod-nchan."""

    name = "nchan"
    title = "Nchan, nginx"
    viewers = {"ws": ("plain", "/viewers"), "poll": ("nchan", "/viewers")}

    def command(self) -> list[str]:
        nginx = program("nginx")
        found = re.search(r"--modules-path=(\S+)", run(nginx, "-V"))
        module = Path(found[1] if found else "/usr/lib/nginx/modules", MODULE)
        if not module.exists():
            raise Missing(f"nginx has no {MODULE} (Debian: libnginx-mod-nchan)")
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        text = TEMPLATE.read_text()
        for word, value in {
            "module": module,
            "folder": self.place.folder,
            "files": files,
            "port": self.place.port,
        }.items():
            text = text.replace(f"@{word}@", str(value))
        configuration = self.place.folder / "nginx.conf"
        configuration.write_text(text)
        return [nginx, "-e", "stderr", "-c", str(configuration)]
