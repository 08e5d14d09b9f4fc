"""Several server processes behind one port: started, replaced when they die or freeze, rolled on
SIGHUP.

Each is an ordinary `manage.py serve` that shares the port (SO_REUSEPORT: the kernel spreads
connections evenly). A process started on SIGHUP runs the code that is on disk then. All end when
the supervisor does.

docs/decisions/0005-own-supervisor.md says why no library does this.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine
from functools import partial

logger = logging.getLogger(__name__)

RESTART_PAUSE = 1.0  # seconds before a process that died is replaced
START_TIMEOUT = 60.0  # seconds that a process may take until it serves
SERVING = b"Serving"  # the beginning of the line that it prints then
REPORT = 0.2  # seconds between two reports of a process that it is alive
WAIT = 0.4  # seconds that the supervisor waits for a report
MISSED = 4  # reports after which a process is frozen. Counted, because after a pause of the whole
# machine the supervisor may run before the others: then it misses one.
BUSY = 10.0  # seconds that an event loop may be busy with one thing; later it hangs
PR_SET_PDEATHSIG = 1  # of prctl(2): the signal that a process gets when its parent ends

_libc = ctypes.CDLL(None, use_errno=True)


class Supervisor:
    """Keeps `count` processes of `command` running until SIGTERM or SIGINT.

    `ready` is called once they serve.
    """

    def __init__(self, command: list[str], count: int, ready: Callable[[], object]) -> None:
        self.command = command
        self.count = count
        self.ready = ready
        self.stopping = asyncio.Event()
        self.signal = signal.SIGTERM  # which stops the processes
        self.rolling = asyncio.Lock()
        self.processes: list[Process] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Start the processes and keep them running. Return when all have drained and ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop, number)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self.roll()))
        started = await asyncio.gather(*(self.start() for _ in range(self.count)))
        self.processes = [process for process, _ in started]
        keeping = [asyncio.create_task(self.keep(slot)) for slot in range(self.count)]
        if any(serves for _, serves in started):
            self.ready()
        await self.stopping.wait()
        for process in self.processes:
            send(process, self.signal)
        await asyncio.gather(*keeping)

    def stop(self, number: signal.Signals) -> None:
        """Stop all processes with this signal."""
        self.signal = number
        self.stopping.set()

    async def start(self) -> tuple[Process, bool]:
        """Start a process. Return it, and whether it serves.

        It does not serve if it ended, or did not print that within START_TIMEOUT. Raises OSError if
        there is no program or no memory for it.
        """
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdout=PIPE,
            process_group=0,  # Ctrl-C in a terminal is for the supervisor only
            preexec_fn=partial(end_with_parent, os.getpid()),
        )
        assert process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                while line := await process.stdout.readline():
                    if line.startswith(SERVING):
                        return process, True
        return process, False

    async def keep(self, slot: int) -> None:
        """Replace the process in `slot` whenever it ends without being stopped."""
        while True:
            process = self.processes[slot]
            code = await end_of(process)
            if self.stopping.is_set():
                return
            if process is not self.processes[slot]:  # replaced by `roll`
                continue
            logger.error(
                "server process %s ended with status %s: starting another", process.pid, code
            )
            await asyncio.sleep(RESTART_PAUSE)
            try:
                successor, _ = await self.start()
            except OSError as error:
                logger.error("no server process can be started, trying again: %s", error)
                continue
            if self.processes[slot] is not process:  # `roll` has filled the slot meanwhile
                send(successor, signal.SIGINT)
                continue
            self.processes[slot] = successor
            if self.stopping.is_set():
                send(successor, self.signal)

    async def roll(self) -> None:
        """Replace all processes. New ones serve before the old ones drain.

        All old ones refuse connections at once, so a viewer that one of them disconnects reaches a
        new one, and is not disconnected again. If a new process does not serve, all old ones stay.
        """
        async with self.rolling:
            new: list[Process] = []
            for _ in range(self.count):  # one by one: a start takes a second of CPU
                try:
                    process, serves = await self.start()
                    new.append(process)
                except OSError as error:
                    logger.error("no server process can be started: %s", error)
                    serves = False
                if not serves or self.stopping.is_set():
                    logger.error("a new process does not serve: the old ones stay")
                    for process in new:
                        send(process, signal.SIGINT)
                    return
            old, self.processes[:] = list(self.processes), new
            for process in old:
                send(process, signal.SIGINT)
            await asyncio.gather(*(process.wait() for process in old))  # `keep` kills frozen ones

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def end_of(process: Process) -> int:
    """Return the exit status of a process once it has ended. Kill it if it is frozen.

    One call at a time for each process: it reads the reports.
    """
    assert process.stdout is not None
    missed = 0
    while missed < MISSED:
        try:
            async with asyncio.timeout(WAIT):
                if not await process.stdout.readline():  # closed
                    return await process.wait()
            missed = 0
        except TimeoutError:
            missed += 1
    logger.error("server process %s is frozen: killing it", process.pid)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    return await process.wait()


def report_alive(loop: asyncio.AbstractEventLoop) -> None:
    """Report to the supervisor, from now on, that this process runs.

    A thread reports, since the event loop may be busy for longer than the supervisor waits. It
    stops while the loop hangs. The report is an empty line on stdout.
    """
    os.set_blocking(sys.stdout.fileno(), False)  # if the supervisor is frozen, the pipe may be full
    since_turn = 0  # reports since the last turn of the loop

    def turn() -> None:
        nonlocal since_turn
        since_turn = 0
        loop.call_later(1, turn)

    def report() -> None:
        nonlocal since_turn
        while True:
            since_turn += 1
            if since_turn * REPORT < BUSY:
                with contextlib.suppress(OSError):
                    os.write(sys.stdout.fileno(), b"\n")
            time.sleep(REPORT)

    turn()
    threading.Thread(target=report, name="alive", daemon=True).start()


def send(process: Process, number: signal.Signals) -> None:
    """Signal a process to drain and end: see `DrainingServer`."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def end_with_parent(parent: int) -> None:
    """Make the calling process drain and end when its parent does, however that ends.

    Called in a new process, before it runs its program.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that holds a port which several processes share. It accepts nothing.

    Raises OSError if something listens on the port, which SO_REUSEPORT alone would allow: a second
    server would get half of the connections, unnoticed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past closed connections
        probe.bind((host, port))
        address = probe.getsockname()
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind(address)
    return holder
