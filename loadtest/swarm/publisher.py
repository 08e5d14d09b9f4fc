"""The publisher: a process that publishes updates on time. `python -m loadtest.swarm.publisher`.

Its schedule is absolute: if the server is late with one response, the next update is sent all the
same. It is a process of its own, because the director's is busy showing progress meanwhile; and so
it can put the run away if the director is killed.
"""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from loadtest.common.http_api import Api, NoResponse
from loadtest.common.processes import ROOT, ParentPipe
from loadtest.swarm.messages import (
    PUBLISHER_ORDERS,
    PublishingStopped,
    Ready,
    Release,
    Schedule,
    ScheduledUpdate,
    SentUpdate,
    StartPublisher,
    StopPublishing,
)


class Publisher:
    """Sends each change in a thread of its own, over an idle connection or a new one."""

    def __init__(self, run: StartPublisher, pipe: ParentPipe) -> None:
        self._run = run
        self._idle: queue.SimpleQueue[Api] = queue.SimpleQueue()
        self._pipe = pipe
        self._stopped = threading.Event()
        self._follower: threading.Thread | None = None

    def start(self, schedule: Sequence[ScheduledUpdate]) -> None:
        """Begin to publish every change at its time, until `stop`."""
        self._follower = threading.Thread(target=self._follow, args=(schedule,), daemon=True)
        self._follower.start()

    def _follow(self, schedule: Sequence[ScheduledUpdate]) -> None:
        sending = []
        for number, update in enumerate(schedule):
            if self._stopped.wait(max(update.intended - time.monotonic_ns(), 0) / 1e9):
                break
            sending.append(
                threading.Thread(target=self._publish, args=(number, update), daemon=True)
            )
            sending[-1].start()
        for thread in sending:
            thread.join()

    def stop(self) -> None:
        """Publish nothing more."""
        self._stopped.set()

    def report_stopped(self) -> None:
        """Stop, wait for the responses of the server, and report that."""
        self.stop()
        if self._follower is not None:
            self._follower.join()
        with contextlib.suppress(BrokenPipeError):
            self._pipe.send(PublishingStopped())

    def put_away(self) -> None:
        """End the broadcast, and let `swarm --tidy` delete a token of the local database."""
        with contextlib.suppress(NoResponse):
            Api(self._run.target, self._run.token).publish(self._run.slug, {"kind": "end"})
        if self._run.local_token:
            command = [sys.executable, "manage.py", "swarm", "--tidy"]
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)

    def _publish(self, number: int, update: ScheduledUpdate) -> None:
        try:
            api = self._idle.get_nowait()
        except queue.Empty:
            api = Api(self._run.target, self._run.token)
        sent = time.monotonic_ns()
        status, seq, error = 0, 0, ""
        try:
            change = update.change | {"client_id": f"swarm-{update.intended}"}
            response = api.publish(self._run.slug, change)
            status, seq, error = response.status, response.seq, response.error
        except NoResponse as problem:
            error = str(problem)
        answered = time.monotonic_ns()
        self._idle.put(api)
        with contextlib.suppress(BrokenPipeError):  # the director was killed meanwhile
            self._pipe.send(SentUpdate(number, update.intended, sent, answered, status, seq, error))


def main() -> None:
    """Follow the director's orders until it closes the pipe."""
    pipe = ParentPipe()
    pipe.send(Ready())
    publisher: Publisher | None = None
    released = False
    for order in pipe.read(PUBLISHER_ORDERS):
        match order:
            case StartPublisher():
                publisher = Publisher(order, pipe)
            case Schedule(updates) if publisher:
                publisher.start(updates)
            case StopPublishing() if publisher:
                threading.Thread(target=publisher.report_stopped, daemon=True).start()
            case Release():
                released = True
    if publisher and not released:  # the director was killed
        publisher.stop()
        publisher.put_away()


if __name__ == "__main__":
    main()
