"""Several server processes behind one port: started, replaced when they die, rolled on SIGHUP.

Each is an ordinary `manage.py serve` that shares the port (SO_REUSEPORT: the kernel spreads
connections evenly). A process started on SIGHUP runs the code that is on disk then.

docs/decisions/0005-own-supervisor.md says why no library does this.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Coroutine

logger = logging.getLogger(__name__)

RESTART_PAUSE = 1.0  # seconds before a process that died is replaced
START_TIMEOUT = 60.0  # seconds that a process may take until it serves
SERVING = b"Serving"  # the beginning of the line that it prints then


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
        """Start the processes and keep them running. Return when all have drained and ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self.roll()))
        self.processes = list(await asyncio.gather(*(self.start() for _ in range(self.count))))
        keeping = [asyncio.create_task(self.keep(slot)) for slot in range(self.count)]
        await self.stopping.wait()
        for process in self.processes:
            stop(process)
        await asyncio.gather(*keeping)

    async def start(self) -> Process:
        """Start a process. Return it when it serves, has ended, or START_TIMEOUT has passed."""
        process = await asyncio.create_subprocess_exec(*self.command, stdout=PIPE)
        assert process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
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
            if process is not self.processes[slot]:  # replaced by `roll`
                continue
            logger.error(
                "server process %s ended with status %s: starting another", process.pid, code
            )
            await asyncio.sleep(RESTART_PAUSE)
            self.processes[slot] = await self.start()
            if self.stopping.is_set():
                stop(self.processes[slot])

    async def roll(self) -> None:
        """Replace one process after the other. The new one serves before the old one drains.

        If a new process does not serve, the others stay as they are.
        """
        async with self.rolling:
            for slot in range(self.count):
                old = self.processes[slot]
                new = await self.start()
                if new.returncode is not None or self.stopping.is_set():
                    logger.error("the new process does not serve: the old ones stay")
                    return stop(new)
                self.processes[slot] = new
                stop(old)
                await old.wait()

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def stop(process: Process) -> None:
    """Signal a process to drain and end."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that holds a port which several processes share. It accepts nothing.

    Raises OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((host, port))
    return holder
