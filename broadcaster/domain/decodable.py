"""Values that are decoded from JSON or MessagePack, by several threads at once."""

from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def decodable(kind: type[T]) -> type[T]:
    """Prepare a class, and those of its fields, to be decoded. Return the class.

    Without this, msgspec prepares a class when a value of it is first decoded. If two threads do
    so at the same moment, one uses what the other has half prepared, and the process crashes
    (msgspec 0.22.0). A module is imported by one thread, while others wait.
    """
    msgspec.msgpack.Decoder(kind)
    return kind
