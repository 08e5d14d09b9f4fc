"""Whose fault it is that a viewer has no connection: ours, the server's, or unknown. Pure.

A swarm that has run out of files or ports says nothing about the server.
"""

import errno
from dataclasses import dataclass
from http import HTTPStatus

CLIENT = {
    errno.EMFILE: "EMFILE: out of files in a simulator",
    errno.ENFILE: "ENFILE: out of files on this machine",
    errno.EADDRNOTAVAIL: "EADDRNOTAVAIL: out of ports",
    errno.EADDRINUSE: "EADDRINUSE: source address is taken",
    errno.ENOBUFS: "ENOBUFS: out of socket buffers",
    errno.ENOMEM: "ENOMEM: out of memory",
    errno.EACCES: "EACCES: forbidden by a firewall here",
    errno.EPERM: "EPERM: forbidden by a firewall here",
}
SERVER = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "time-out",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
}


@dataclass(frozen=True, slots=True)
class Blame:
    """`side` is "client", "server" or "unknown"; `reason` is in words."""

    side: str
    reason: str

    def __str__(self) -> str:
        return f"{self.side}: {self.reason}"


def of_error(error: BaseException) -> Blame:
    """Who is to blame for an exception while connecting or reading."""
    status = getattr(getattr(error, "response", None), "status", None)
    if status is not None:
        return of_status(int(status))
    if isinstance(error, OSError):
        if error.errno in CLIENT:
            return Blame("client", CLIENT[error.errno])
        if error.errno in SERVER:
            return Blame("server", SERVER[error.errno])
        if isinstance(error, TimeoutError):
            return SILENT
    return Blame("unknown", f"{type(error).__name__}: {error}"[:120])


def of_status(status: int) -> Blame:
    """An HTTP answer that is not the one hoped for."""
    try:
        return Blame("server", f"HTTP {status} {HTTPStatus(status).phrase}")
    except ValueError:
        return Blame("server", f"HTTP {status}")


def of_close(code: int | None) -> Blame:
    """A connection that the server closed; None if it gave no code."""
    return Blame("server", "closed without a word" if code is None else f"closed with {code}")


SILENT = Blame("server", "time-out")
GARBAGE = Blame("server", "not HTTP/1.1 with a content length")
GAVE_UP = Blame("server", "a gap in the updates")
