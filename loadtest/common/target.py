"""The server under test: its address, parsed and resolved, and how to talk TLS to it."""

import ssl
from base64 import b64encode
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """The server: `url` is scheme://host:port/prefix, `address` the IP address to connect to."""

    url: str
    host: str
    address: str
    port: int
    authorization: str = field(default="", repr=False)  # the header, from user:password@ in a URL
    insecure: bool = False  # accept any certificate
    ca: str = field(default="", repr=False)  # certificates in PEM to trust instead of the system's

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")

    @property
    def prefix(self) -> str:
        """The path that the site is below, such as /maps; "" for none."""
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        """scheme://host:port, as browsers send it in the Origin header."""
        return self.url.removesuffix(self.prefix)

    @property
    def websocket_url(self) -> str:
        """The origin with the scheme of WebSockets."""
        return self.origin.replace("http", "ws", 1)

    @property
    def authority(self) -> str:
        """host:port, as the Host header has it."""
        return self.origin.partition("//")[2]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The TLS context of all connections of this process; None without TLS."""
        return _tls_context(self.insecure, self.ca) if self.secure else None

    def without_secrets(self) -> "Target":
        """Return the target as reports may show it."""
        return replace(self, authorization="", ca="")


@lru_cache(maxsize=1)
def _tls_context(insecure: bool, ca: str) -> ssl.SSLContext:
    """Return a context. Cached: to load the system's certificates takes some 30 ms."""
    context = ssl.create_default_context(cadata=ca or None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A URL from the command line, in its parts; `base` is scheme://host:port/prefix."""

    base: str
    host: str
    port: int
    authorization: str = field(default="", repr=False)


def parse_url(url: str) -> ServerUrl:
    """Return the parts of a URL. Raises ValueError if it is not a server's URL.

    As browsers do in the Origin header, it leaves out the port if that is the scheme's own.
    """
    example = "the URL of a server, such as http://127.0.0.1:8000/"
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{_without_password(url)!r} is not {example}: {error}") from None
    if parts.scheme not in DEFAULT_PORTS or not host or any(c.isspace() or c == "%" for c in host):
        raise ValueError(f"{_without_password(url)!r} is not {example}")
    if parts.query or parts.fragment:
        raise ValueError(
            f"{_without_password(url)!r} ends with a query or a fragment. Give the address of the "
            "site, without the page"
        )
    authority = f"[{host}]" if ":" in host else host
    own = DEFAULT_PORTS[parts.scheme]
    if port is not None and port != own:
        authority += f":{port}"
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    prefix = parts.path.rstrip("/")
    return ServerUrl(f"{parts.scheme}://{authority}{prefix}", host, port or own, authorization)


def _without_password(url: str) -> str:
    """Return a URL as error messages may show it."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('//')[0]}//…@{after}" if at else url
