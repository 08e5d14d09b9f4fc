"""Runs the story's matrix for the control center: `manage.py swarm --matrix`, watched."""

import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from loadtest.common.environment import describe
from loadtest.common.exit_codes import ExitCode
from loadtest.common.processes import ROOT
from loadtest.models import State, pack

LINES = 200  # of the output that are kept


def run_matrix(
    scale: float, show: Callable[[list[str]], None], started: Callable[[Callable[[], None]], None]
) -> dict[str, Any]:
    """Run the matrix, and return the outcome as columns of `LoadTestRun`.

    `show` gets the lines of output so far, `started` a function that ends the matrix early: the
    findings until then are its report.
    """
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        command = [sys.executable, "manage.py", "swarm", "--matrix", "blog"]
        command += [f"--scale={scale:g}", "--report", folder]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            started(lambda: process.send_signal(signal.SIGINT))
            lines: list[str] = []
            for line in process.stdout:
                lines = [*lines, line.rstrip()][-LINES:]
                show(lines)
        return read_outcome(process.returncode, lines, Path(folder))


def read_outcome(status: int, lines: list[str], folder: Path) -> dict[str, Any]:
    """Return the outcome of the command, whose files are in `folder`."""
    environment = describe(settings.VERSION)
    found = {"commit": environment.commit, "hosts": [environment.host]}
    path = folder / "findings.json"
    if not path.exists():
        state = State.STOPPED if status == ExitCode.INTERRUPTED or status < 0 else State.REFUSED
        return found | {"state": state, "message": "\n".join(lines[-5:]), "exit_code": status}
    data = path.read_bytes()
    findings = json.loads(data)
    counts = Counter(finding["outcome"] for finding in findings)
    for finding in findings:
        files = (folder / f"{finding['key']}{suffix}.svg" for suffix in ("", "-time"))
        finding["pictures"] = [file.read_text() for file in files if file.exists()]
    page = render_to_string("loadtest/center/matrix.html", {"findings": findings})
    return found | {
        "state": State.FINISHED if status == ExitCode.PASSED else State.STOPPED,
        "verdict": ", ".join(f"{count} {outcome}" for outcome, count in counts.items()),
        "exit_code": status if status >= 0 else ExitCode.INTERRUPTED,
        "report": pack(data),
        "page": pack(page.encode()),
    }
