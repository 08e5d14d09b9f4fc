"""The broadcaster: a process that publishes on time. `python -m loadtest.swarm.publisher`.

The schedule is absolute and waits for nobody: a server that is late with one answer gets the
next update all the same. A process of its own, since the swarm's draws charts meanwhile.
"""

import queue
import threading
import time
from typing import Any

from loadtest.common.http_api import Api, Unanswered
from loadtest.common.pipes import Outgoing, incoming
from loadtest.common.plan import Target


class Publisher:
    """Sends each change in a thread of its own, over an idle connection or a new one."""

    def __init__(self, target: Target, token: str, slug: str, out: Outgoing) -> None:
        self._target, self._token, self._slug = target, token, slug
        self._idle: queue.SimpleQueue[Api] = queue.SimpleQueue()
        self._out = out
        self._telling = threading.Lock()

    def follow(self, schedule: list[tuple[int, dict[str, Any]]]) -> None:
        """Publish every change at its time (ns), then wait for the last answers."""
        threads = []
        for number, (intended, change) in enumerate(schedule):
            time.sleep(max(intended - time.monotonic_ns(), 0) / 1e9)
            threads.append(threading.Thread(target=self._publish, args=(number, intended, change)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _publish(self, number: int, intended: int, change: dict[str, Any]) -> None:
        try:
            api = self._idle.get_nowait()
        except queue.Empty:
            api = Api(self._target, self._token)
        sent = time.monotonic_ns()
        status, seq, error = 0, 0, ""
        try:
            answer = api.publish(self._slug, change | {"client_id": f"swarm-{number}"})
            status, seq = answer.status, answer.data.get("seq", 0)
            error = str(answer.data.get("error", ""))
        except Unanswered as problem:
            error = str(problem)
        answered = time.monotonic_ns()
        self._idle.put(api)
        with self._telling:
            self._out.tell(
                t="sent",
                number=number,
                intended=intended,
                sent=sent,
                answered=answered,
                status=status,
                seq=seq,
                error=error,
            )


def main() -> None:
    out = Outgoing()
    out.tell(t="ready")
    plan = next(incoming())
    publisher = Publisher(Target(**plan["target"]), plan["token"], plan["slug"], out)
    publisher.follow(plan["schedule"])


if __name__ == "__main__":
    main()
