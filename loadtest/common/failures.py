"""Why a viewer has no connection, and which side is responsible: client, server or unknown.

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
    errno.EACCES: "EACCES: forbidden by a firewall on this machine",
    errno.EPERM: "EPERM: forbidden by a firewall on this machine",
}
SERVER = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """`side` is "client", "server" or "unknown"; `reason` is for people."""

    side: str
    reason: str

    def __str__(self) -> str:
        return f"{self.side}: {self.reason}"


TIMEOUT = Failure("server", "timeout")
INVALID_HTTP = Failure("server", "not HTTP/1.1 with a content length")
GAP = Failure("server", "a gap in the updates")


def of_error(error: BaseException) -> Failure:
    """Return the failure for an exception raised while connecting or reading."""
    status = getattr(getattr(error, "response", None), "status", None)
    if status is not None:
        return of_status(int(status))
    if isinstance(error, OSError):
        if error.errno in CLIENT:
            return Failure("client", CLIENT[error.errno])
        if error.errno in SERVER:
            return Failure("server", SERVER[error.errno])
        if isinstance(error, TimeoutError):
            return TIMEOUT
    return Failure("unknown", f"{type(error).__name__}: {error}"[:120])


def of_status(status: int) -> Failure:
    """Return the failure for an HTTP response other than the expected one."""
    try:
        return Failure("server", f"HTTP {status} {HTTPStatus(status).phrase}")
    except ValueError:
        return Failure("server", f"HTTP {status}")


def of_close(code: int | None) -> Failure:
    """Return the failure for a connection that the server closed; None if it gave no code."""
    return Failure("server", "closed without a code" if code is None else f"closed with {code}")
