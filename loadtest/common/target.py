"""The server under test: its address, parsed and resolved."""

from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """The server: `url` is scheme://host:port, `address` the IP address to connect to."""

    url: str
    host: str
    address: str
    port: int

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def authority(self) -> str:
        """host:port, as the Host header has it."""
        return self.url.partition("//")[2]


def parse_url(url: str) -> tuple[str, str, int]:
    """Return the origin, host and port of a URL. Raises ValueError if it is not a server's URL."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not the URL of a server, such as http://127.0.0.1:8000/")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{parts.netloc}", parts.hostname, port
