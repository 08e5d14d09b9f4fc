"""The RQ job that plays a run of the control center, in a worker of the queue `loadtest`."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import msgspec
from django.db import connection

from broadcaster.publishing import clock
from loadtest.common.exit_codes import ExitCode
from loadtest.common.plan_options import parse_options
from loadtest.control.figures import headline_figures
from loadtest.control.launch import Launcher, aim, draft_plan
from loadtest.control.live import live_state
from loadtest.control.matrix_run import run_matrix
from loadtest.control.play import connect
from loadtest.control.thresholds import parse_threshold
from loadtest.models import LoadTestRun, State, pack
from loadtest.swarm.reach import PreflightFailed
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import headline
from loadtest.swarm.run import Run

EVERY = 1.0  # seconds between two signs of life


def play_run(pk: int) -> None:
    """Play a run that is queued, and store its outcome. Errors of the load test are raised.

    It waits until no other run goes on: two at once would measure each other.
    """
    while not LoadTestRun.begin(pk):
        if not LoadTestRun.objects.filter(pk=pk, state=State.QUEUED).exists():
            return  # it was stopped before it began
        time.sleep(EVERY)
    run = LoadTestRun.objects.get(pk=pk)
    try:
        with Recorder(pk) as recorder:
            if run.matrix_scale is None:
                outcome = _outcome(_launch(run, recorder))
            else:
                outcome = run_matrix(run.matrix_scale, recorder.show_lines, recorder.stop_with)
    except (PreflightFailed, ValueError) as error:
        code = ExitCode.USAGE if isinstance(error, ValueError) else ExitCode.NOT_STARTED
        outcome = {"state": State.REFUSED, "message": str(error), "exit_code": code}
    except Exception as error:
        end(pk, state=State.FAILED, message=repr(error), exit_code=ExitCode.INTERNAL_ERROR)
        raise
    end(pk, **outcome)


def end(pk: int, **outcome: Any) -> None:
    """Store the outcome of a run."""
    LoadTestRun.objects.filter(pk=pk).update(ended_at=clock.read(), **outcome)


def _launch(run: LoadTestRun, recorder: "Recorder") -> SwarmReport:
    options = parse_options(run.plan)
    redis = connect() if options["on"] == "rq" else None
    plan = aim(draft_plan(options, redis), options)
    launcher = Launcher(
        view=recorder,
        label=run.name,
        metrics=options["metrics"],
        thresholds=[parse_threshold(text, plan.rounds) for text in run.thresholds],
        redis=redis,
    )
    return launcher.launch(plan)


def _outcome(report: SwarmReport) -> dict[str, Any]:
    from loadtest.swarm.report.page import as_html  # matplotlib takes a second to load

    return {
        "state": State.STOPPED if report.interrupted else State.FINISHED,
        "verdict": headline(report),
        "exit_code": report.verdict.exit_code,
        "commit": report.environment.commit,
        "hosts": list(dict.fromkeys([report.environment.host, *report.hosts])),
        "figures": headline_figures(report),
        "report": pack(msgspec.json.encode(report)),
        "page": pack(as_html(report).encode()),
    }


class Recorder:
    """Stores the state of a run every second, and ends it when somebody asks for that.

    A context manager and a `ProgressView`. A thread writes to the database: the director's event
    loop does not wait for it.
    """

    def __init__(self, pk: int) -> None:
        self._rows = LoadTestRun.objects.filter(pk=pk)
        self._live: dict[str, Any] = {}
        self._stop: Callable[[], None] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record)

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def show(self, run: Run) -> None:
        """Take over the present state of a run. Its director takes SIGTERM as Ctrl-C."""
        self._live = live_state(run)
        may_stop = run.phase not in ("counting", "done")
        self._stop = (lambda: os.kill(os.getpid(), signal.SIGTERM)) if may_stop else None

    def show_lines(self, lines: list[str]) -> None:
        """Take over what a matrix has printed so far."""
        self._live = {"lines": lines}

    def stop_with(self, stop: Callable[[], None]) -> None:
        """Call `stop` when somebody asks for an early end."""
        self._stop = stop

    def _record(self) -> None:
        is_stopping = False
        while not self._over.wait(EVERY):
            self._rows.update(live=self._live, seen_at=clock.read())
            asked = not is_stopping and self._rows.exclude(stop_asked_at=None).exists()
            if asked and (stop := self._stop):
                is_stopping = True
                stop()
        connection.close()
