"""The messages between `manage.py benchmark` and its load generator."""

from msgspec import Struct
from msgspec.msgpack import Decoder

from loadtest.common.target import Target


class Connect(Struct, tag="connect"):
    """Connect `viewers` of a kind in viewers.KINDS, at most `rate` a second. Answer: Connected."""

    kind: str
    path: str
    target: Target
    viewers: int
    rate: float


class Listen(Struct, tag="listen"):
    """Record receipts of the message that contains `marker`. Answers: Listening, Receipts."""

    marker: str
    limit: float  # seconds after which the missing receipts are no longer waited for


class Connected(Struct, tag="connected"):
    """All viewers are connected, or lost: these by failure."""

    viewers: int
    lost: dict[str, int]


class Listening(Struct, tag="listening"):
    """The message may be published now."""


class Receipts(Struct, tag="receipts"):
    """The times of receipt as array("q") of ns, and the CPU seconds of the load generator."""

    times: bytes
    cpu: float
    lost: dict[str, int]  # viewers, by failure, since the beginning


ORDERS: Decoder[Connect | Listen] = Decoder(Connect | Listen)
ANSWERS: Decoder[Connected | Listening | Receipts] = Decoder(Connected | Listening | Receipts)
