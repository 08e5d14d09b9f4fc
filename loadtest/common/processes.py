"""Child processes, and the typed messages between them and their parent.

A message is a msgspec Struct with a tag. On the pipe it is MessagePack, preceded by its length in
four bytes. The parent writes to the child's stdin and reads its stdout.
"""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.msgpack import Decoder

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 4  # bytes
STOP_TIMEOUT = 5.0  # seconds for a process to end by itself

T = TypeVar("T", bound=msgspec.Struct)


def frame(message: msgspec.Struct) -> bytes:
    """Return a message as it is written to a pipe."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(LENGTH, "big") + data


def describe_end(status: int) -> str:
    """Return how a process ended, by its status as the subprocess module has it."""
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"its process {how}"


class ParentPipe:
    """In a child: the connection to its parent. Everything else that it prints goes to stderr."""

    def __init__(self) -> None:
        self._stdin = open(0, "rb", closefd=False)  # noqa: SIM115 (open until the process ends)
        self._stdout = os.fdopen(os.dup(1), "wb")
        self._sending = threading.Lock()
        os.dup2(2, 1)

    def send(self, message: msgspec.Struct) -> None:
        """Send a message, from any thread."""
        with self._sending:
            self._stdout.write(frame(message))
            self._stdout.flush()

    def read(self, decoder: Decoder[T]) -> Iterator[T]:
        """Yield the parent's messages until it closes the pipe. Blocks."""
        while head := self._stdin.read(LENGTH):
            length = int.from_bytes(head, "big")
            data = self._stdin.read(length)
            if len(data) < length:  # the parent was killed while it wrote
                return
            yield decoder.decode(data)

    async def messages(self, decoder: Decoder[T]) -> AsyncIterator[T]:
        """Yield the parent's messages until it closes the pipe, without blocking the loop."""
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[T | None] = asyncio.Queue()

        def read() -> None:
            for message in self.read(decoder):
                loop.call_soon_threadsafe(inbox.put_nowait, message)
            loop.call_soon_threadsafe(inbox.put_nowait, None)

        threading.Thread(target=read, daemon=True).start()
        while (message := await inbox.get()) is not None:
            yield message


class ChildProcess:
    """In the parent: one child, which runs a module in a bare interpreter."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout

    @classmethod
    async def start(cls, module: str) -> "ChildProcess":
        """Run `python -m module` in its own session, so that only the parent gets Ctrl-C."""
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

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def host(self) -> str:
        """The name of the machine that the child runs on."""
        return socket.gethostname()

    @property
    def end(self) -> str:
        """How the process ended; "" while it runs."""
        code = self._process.returncode
        return "" if code is None else describe_end(code)

    def send(self, message: msgspec.Struct) -> None:
        """Send a message; without effect after the child has ended."""
        if not self._stdin.is_closing():
            self._stdin.write(frame(message))

    async def messages(self, decoder: Decoder[T]) -> AsyncIterator[T]:
        """Yield the child's messages until it ends."""
        try:
            while True:
                head = await self._stdout.readexactly(LENGTH)
                data = await self._stdout.readexactly(int.from_bytes(head, "big"))
                yield decoder.decode(data)
        except asyncio.IncompleteReadError:
            await self._process.wait()

    async def stop(self) -> None:
        """Close the pipe, which ends the child; kill it if it does not end in time."""
        self._stdin.close()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
