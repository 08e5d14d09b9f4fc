"""How the swarm and its processes talk: msgpack messages over stdin and stdout."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]

Message = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 5.0  # seconds for a process to end by itself


def incoming() -> Iterator[Message]:
    """In a child: what the swarm says, until it hangs up. Blocks."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        yield from msgpack.Unpacker(stdin, strict_map_key=False)


class Outgoing:
    """In a child: the way back. What anything else prints goes to stderr from now on."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def tell(self, **message: Any) -> None:
        self._file.write(msgpack.packb(message))
        self._file.flush()


class Child:
    """In the swarm: one child, a module of ours in a bare interpreter."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, module: str) -> "Child":
        """Run `python -m module`, in a session of its own: Ctrl-C is for the swarm to handle."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        return cls(process)

    def tell(self, **message: Any) -> None:
        """Send it a message, unless it is gone."""
        assert self.process.stdin is not None
        if not self.process.stdin.is_closing():
            self.process.stdin.write(msgpack.packb(message))

    async def messages(self) -> AsyncIterator[Message]:
        """What it says, until it ends."""
        assert self.process.stdout is not None
        unpacker = msgpack.Unpacker(strict_map_key=False, max_buffer_size=2**31 - 1)
        while data := await self.process.stdout.read(2**18):
            unpacker.feed(data)
            for message in unpacker:
                yield message

    async def stop(self) -> None:
        """Hang up, which ends it; kill it if it does not."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
