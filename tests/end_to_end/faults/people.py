"""People who watch while something breaks: viewers of both transports, and two open consoles.

Each has a thread, from entry to exit.
"""

import itertools
import json
import queue
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from tests.end_to_end.faults.site import Site
from tests.support.server import LIMIT, wait_for
from tests.support.watcher import PollWatcher, Watcher, WebSocketWatcher

CONSOLES = 2
LONGEST_ANSWER = 3.0  # seconds that people at the desk may wait
LONGEST_DELAY = 3.0  # seconds that a single fault may delay an update to a viewer
SLACK = 0.5  # seconds for a busy machine
STATES = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ"
FOCUSES = itertools.cycle(STATES.split())  # so many that a repeated take is another view, too
VIEWERS = {WebSocketWatcher: 12, PollWatcher: 6}  # enough that each of four processes has some
SLICE = 0.3  # seconds after which a thread looks whether to end
TRY_AGAIN = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)  # the proxy's, too
# As in static/broadcaster/desk/connection.js, in seconds:
ANSWER_TIMEOUT = 5.0
SILENCE = 10.0
RECONNECT = 0.5


class Console(threading.Thread):
    """An open console: it follows the log and the counts, and reconnects."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site = site
        self.seq = 0
        self.seqs: list[int] = []  # of the updates that came, in their order
        self.viewers: dict[str, Any] = {}  # the last frame about viewers
        self.problems: list[str] = []
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.socket: ClientConnection | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            with suppress(WebSocketException, OSError), self.site.console() as self.socket:
                while not self.ended.is_set():
                    self.handle(json.loads(self.socket.recv(SILENCE)))
            self.socket, self.viewers = None, {}
            self.ended.wait(RECONNECT)

    def handle(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "snapshot":
                self.seq = frame["seq"]
            case "updates":
                seqs = [update["seq"] for update in frame["updates"]]
                if seqs != list(range(self.seq + 1, frame["seq"] + 1)):
                    self.problems.append(f"{seqs} after {self.seq}")
                self.seqs += seqs
                self.seq = frame["seq"]
            case "viewers":
                self.viewers = frame
            case "answer":
                self.answers.put(frame)

    def ask(self, command: str, **arguments: Any) -> tuple[float, dict[str, Any]]:
        """Send a command. Return the seconds until the answer, and the answer.

        As in a browser, a command that is not answered on the socket is posted.
        """
        began = time.monotonic()
        message = {"command": command, **arguments}
        answer = self.send(message)
        if answer is None:
            status, answer = self.site.post_command(message)
            answer["status"] = status
        return time.monotonic() - began, answer

    def send(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send a command on the socket. Return the answer, None without one."""
        socket, deadline = self.socket, time.monotonic() + ANSWER_TIMEOUT
        if socket is None:
            return None
        command_id = uuid.uuid4().hex
        with suppress(WebSocketException, OSError):
            socket.send(json.dumps({**message, "id": command_id}))
        while self.socket is socket and time.monotonic() < deadline:
            with suppress(queue.Empty):
                answer = self.answers.get(timeout=0.05)
                if answer["id"] == command_id:
                    return answer
        return None

    def close(self) -> None:
        self.ended.set()
        self.join(LIMIT)


class People:
    """Viewers and consoles of a site, and what is published meanwhile."""

    def __init__(self, site: Site, consoles: int = CONSOLES) -> None:
        self.site = site
        self.published: dict[int, float] = {}  # when the request began, by seq
        self.followed = 0  # the newest seq that all viewers are known to have
        self.ended = threading.Event()
        self.watchers: list[Watcher] = [
            # The waits of viewers are spread over the whole range of the jitter.
            kind(site, "night", rand=lambda share=number / (count - 1): share)
            for kind, count in VIEWERS.items()
            for number in range(count)
        ]
        self.threads = [
            threading.Thread(target=self.watch, args=[watcher], daemon=True)
            for watcher in self.watchers
        ]
        self.consoles = [Console(site) for _ in range(consoles)]

    def __enter__(self) -> "People":
        for thread in [*self.consoles, *self.threads]:
            thread.start()
        try:
            wait_for(lambda: all(w.seq is not None for w in self.watchers), "the viewers")
            self.wait_for_counts()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.ended.set()
        for console in self.consoles:
            console.close()
        for thread in self.threads:
            thread.join(LIMIT)

    def watch(self, watcher: Watcher) -> None:
        while not self.ended.is_set():
            watcher.step(SLICE)
        watcher.close()

    def publish(self, url: str | None = None) -> float:
        """Publish another view through the API, at `url` if given. Return the seconds it took.

        A request that is not answered, or with 503, is repeated with the same idempotency key.
        """
        first, view, client_id = time.monotonic(), self.next_view(), uuid.uuid4().hex
        status = None
        while status != HTTPStatus.CREATED:
            began = time.monotonic()
            assert began < first + LIMIT, f"{status} for {LIMIT} s"
            with suppress(OSError):
                status, answer, _ = self.site.publish(view, url, client_id=client_id)
                assert status in (HTTPStatus.CREATED, *TRY_AGAIN), answer
        self.published[answer["seq"]] = began
        return time.monotonic() - first

    def take(self, console: Console) -> float:
        """Take another view at a console. Return the longest wait for an answer, in seconds.

        After a 503 the person repeats it, with the same idempotency key.
        """
        view, client_id, waits = self.next_view(), uuid.uuid4().hex, []
        status, first = None, time.monotonic()
        while status != HTTPStatus.CREATED:
            began = time.monotonic()
            assert began < first + LIMIT, f"{status} for {LIMIT} s"
            wait, answer = console.ask("take", change=view, client_id=client_id)
            waits.append(wait)
            status = answer["status"]
            assert status in (HTTPStatus.CREATED, *TRY_AGAIN), answer
        self.published[answer["seq"]] = began
        return max(waits)

    def next_view(self) -> dict[str, Any]:
        return {"view": {"focus": next(FOCUSES)}}

    @property
    def head(self) -> int:
        """The newest seq that was published, or that a viewer has."""
        return max([*self.published, *(watcher.seq or 0 for watcher in self.watchers)])

    def follow(self) -> float:
        """Wait until all viewers have everything that was published, each once and in order.

        Return the longest time, in seconds, that an update since the last call took to one of them.
        """
        wait_for(lambda: all(watcher.seq == self.head for watcher in self.watchers), "viewers")
        for watcher in self.watchers:
            first, seqs = watcher.frames[0]["seq"], watcher.seqs()
            assert seqs == list(range(first + 1, self.head + 1)), seqs
        new = [seq for seq in self.published if seq > self.followed]
        self.followed = self.head
        return max(self.delay(watcher, seq) for watcher in self.watchers for seq in new)

    def delay(self, watcher: Watcher, seq: int) -> float:
        """Return how long an update took to a viewer, in seconds."""
        return watcher.applied[seq] - self.published[seq]

    def absences(self) -> list[list[float]]:
        """Return for each viewer how long it was without a connection, in seconds."""
        return [[end - begin for begin, end in watcher.absences] for watcher in self.watchers]

    def all_are_connected(self) -> bool:
        return all(watcher.lost_at is None for watcher in self.watchers)

    def wait_for_counts(self, silent: int = 0) -> None:
        """Wait until each console has the true number of viewers, and follows the log.

        `silent` is the number of processes that went away. Those without a viewer do not count.
        """
        ws = VIEWERS[WebSocketWatcher]

        def is_true(console: Console) -> bool:
            counts = console.viewers
            shown = bool(counts) and counts["known"] and counts["silent"] <= silent
            return shown and counts["ws"] == ws and console.seq == self.head

        self.wait_for_consoles(is_true, "the number of viewers at each console")
        for console in self.consoles:
            assert not console.problems, console.problems

    def wait_for_consoles(self, wanted: Callable[[Console], bool], what: str) -> None:
        try:
            wait_for(lambda: all(map(wanted, self.consoles)), what, limit=LIMIT)
        except AssertionError as error:
            shown = [(console.seq, console.viewers) for console in self.consoles]
            raise AssertionError(f"{error}; the consoles show {shown}, {self.head}") from None
