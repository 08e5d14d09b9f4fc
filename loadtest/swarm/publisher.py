"""The publisher: a process that publishes updates on time. `python -m loadtest.swarm.publisher`.

Its schedule is absolute: if the server is late with one response, the next update is sent all the
same. It is a process of its own, because the director's is busy showing progress meanwhile.
"""

import queue
import threading
import time
from collections.abc import Sequence

from loadtest.common.http_api import Api, NoResponse
from loadtest.common.processes import ParentPipe
from loadtest.common.target import Target
from loadtest.swarm.messages import SCHEDULES, Ready, ScheduledUpdate, SentUpdate


class Publisher:
    """Sends each change in a thread of its own, over an idle connection or a new one."""

    def __init__(self, target: Target, token: str, slug: str, pipe: ParentPipe) -> None:
        self._target, self._token, self._slug = target, token, slug
        self._idle: queue.SimpleQueue[Api] = queue.SimpleQueue()
        self._pipe = pipe

    def follow(self, schedule: Sequence[ScheduledUpdate]) -> None:
        """Publish every change at its time, then wait for the last responses."""
        threads = []
        for number, update in enumerate(schedule):
            time.sleep(max(update.intended - time.monotonic_ns(), 0) / 1e9)
            threads.append(threading.Thread(target=self._publish, args=(number, update)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _publish(self, number: int, update: ScheduledUpdate) -> None:
        try:
            api = self._idle.get_nowait()
        except queue.Empty:
            api = Api(self._target, self._token)
        sent = time.monotonic_ns()
        status, seq, error = 0, 0, ""
        try:
            response = api.publish(self._slug, update.change | {"client_id": f"swarm-{number}"})
            status, seq, error = response.status, response.seq, response.error
        except NoResponse as problem:
            error = str(problem)
        answered = time.monotonic_ns()
        self._idle.put(api)
        self._pipe.send(SentUpdate(number, update.intended, sent, answered, status, seq, error))


def main() -> None:
    """Publish the schedule that the parent sends."""
    pipe = ParentPipe()
    pipe.send(Ready())
    start = next(pipe.read(SCHEDULES), None)
    if start is not None:  # None: the run was interrupted before the rounds
        Publisher(start.target, start.token, start.slug, pipe).follow(start.schedule)


if __name__ == "__main__":
    main()
