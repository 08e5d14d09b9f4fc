"""The processes that share a port, and the metrics of all of them.

A scrape reaches any one of them. It asks the others over Unix sockets in a folder of the state
directory, one for each process, and keeps what they answered beside the socket: the counters of a
process that ends, or is killed, still belong to the sum.

prometheus_client's multiprocess mode has no collectors that measure when they are asked, and
reports the last gauges of a frozen process forever.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger(__name__)

ANSWER = 1.0  # seconds that another process has to answer; a healthy one takes milliseconds
ENDED = (ConnectionError, FileNotFoundError)  # no process listens at the socket


class Siblings:
    """This process and those that were started beside it. Alone until `join`."""

    def __init__(self, measure: Callable[[], bytes]) -> None:
        self._measure = measure
        self._folder: Path | None = None
        self._server: asyncio.Server | None = None

    async def join(self, sockets: list[socket.socket], state: Path) -> None:
        """Answer the other processes of a shared port. The folder has the supervisor's id."""
        listener = sockets[0]
        if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT):
            return
        port_folder = state / "processes" / str(listener.getsockname()[1])
        folder = port_folder / str(os.getppid())
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for other in port_folder.iterdir():
                if other != folder:  # of a supervisor that has ended
                    shutil.rmtree(other, ignore_errors=True)
            path = str(folder / f"{os.getpid()}.sock")
            self._server = await asyncio.start_unix_server(self._answer, path)
        except OSError as error:
            logger.warning("/metrics has this process alone: %s: %s", folder, error)
            return
        self._folder = folder

    def leave(self) -> None:
        """Store our last figures for the other processes, and stop answering."""
        if self._server is not None and self._folder is not None:
            self._server.close()
            keep(self._folder / f"{os.getpid()}.last", self._measure())
            self._folder = None

    async def ask(self) -> tuple[list[bytes], list[bytes], int]:
        """Return the figures of all processes, the last ones of those that have ended, and how
        many processes do not answer.
        """
        live = [self._measure()]
        ended: list[bytes] = []
        silent = 0
        if self._folder is None or not self._folder.is_dir():  # removed: the supervisor has ended
            return live, ended, silent
        names = {path.stem for path in self._folder.iterdir()} - {str(os.getpid())}
        answers = await asyncio.gather(
            *(self._ask(self._folder / f"{name}.sock") for name in names), return_exceptions=True
        )
        for name, answer in zip(names, answers, strict=True):
            last = self._folder / f"{name}.last"
            if isinstance(answer, bytes) and answer:
                live.append(answer)
                keep(last, answer)
                continue
            if not isinstance(answer, ENDED):
                silent += 1
            with contextlib.suppress(FileNotFoundError):
                ended.append(last.read_bytes())
        keep(self._folder / f"{os.getpid()}.last", live[0])
        return live, ended, silent

    async def _ask(self, path: Path) -> bytes:
        async with asyncio.timeout(ANSWER):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                return await reader.read(-1)
            finally:
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._measure())
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()


def keep(path: Path, content: bytes) -> None:
    """Write a file so that others find all of it or what it had before. A full disk is no error."""
    partial = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        partial.write_bytes(content)
        partial.rename(path)
