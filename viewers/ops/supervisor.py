"""Several server processes behind one port: started, replaced when they die, rolled on SIGHUP.

Each is an ordinary `manage.py serve` of its own that shares the port (SO_REUSEPORT: the kernel
spreads connections evenly). A process started on SIGHUP runs the code as it is on disk then.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from asyncio.subprocess import PIPE, Process

logger = logging.getLogger(__name__)

PAUSE = 1.0  # seconds before a process that died is replaced
READY = 60.0  # seconds that a process may take until it serves
SERVING = b"Serving"  # how the line begins that it prints then


class Supervisor:
    """Keeps `count` processes of `command` running until SIGTERM or SIGINT."""

    def __init__(self, command: list[str], count: int) -> None:
        self.command = command
        self.count = count
        self.stopping = asyncio.Event()
        self.rolling = asyncio.Lock()
        self.processes: list[Process] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """All of it. Returns when every process has drained and ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self.roll()))
        self.processes = list(await asyncio.gather(*(self.start() for _ in range(self.count))))
        keepers = [asyncio.create_task(self.keep(slot)) for slot in range(self.count)]
        await self.stopping.wait()
        for process in self.processes:
            stop(process)
        await asyncio.gather(*keepers)

    async def start(self) -> Process:
        """A process that serves already, or has failed to."""
        process = await asyncio.create_subprocess_exec(*self.command, stdout=PIPE)
        assert process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY):
                while (line := await process.stdout.readline()) and not line.startswith(SERVING):
                    pass
        return process

    async def keep(self, slot: int) -> None:
        """Replace the process in `slot` whenever it ends by itself."""
        while True:
            process = self.processes[slot]
            code = await process.wait()
            if self.stopping.is_set():
                return
            if process is not self.processes[slot]:  # rolled: its successor serves already
                continue
            logger.error("server process %s ended with %s, starting another", process.pid, code)
            await asyncio.sleep(PAUSE)
            self.processes[slot] = await self.start()
            if self.stopping.is_set():
                stop(self.processes[slot])

    async def roll(self) -> None:
        """Replace one process after the other: the new one serves before the old one drains."""
        async with self.rolling:
            for slot in range(self.count):
                old = self.processes[slot]
                new = await self.start()
                if new.returncode is not None or self.stopping.is_set():
                    logger.error("the new process does not serve; the old ones stay")
                    return stop(new)
                self.processes[slot] = new
                stop(old)
                await old.wait()

    def _spawn(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def stop(process: Process) -> None:
    """Ask a process to drain and end."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


def reserve(host: str, port: int) -> socket.socket:
    """Hold a port that several processes share; nothing is accepted here. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((host, port))
    return holder
