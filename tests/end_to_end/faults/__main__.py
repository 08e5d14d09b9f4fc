"""Runs the fault suite, a module at a time: `python -m tests.end_to_end.faults [MODULE ...]`.

The bounds of the tests are those of a quiet machine. Tests that fail are therefore played once
more, alone, and the module fails if they fail again. The summary has both results.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.support.server import ROOT

FOLDER = Path(__file__).parent
RESULT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
FAILED = re.compile(r"^(?:FAIL|ERROR): \w+ \((tests\.[\w.]+)\)", re.MULTILINE)


def main() -> int:
    """Run the modules of the command line, or all. Return the exit status."""
    everything = sorted(path.stem for path in FOLDER.glob("fault_*.py"))
    names = sys.argv[1:] or everything
    if unknown := set(names) - set(everything):
        sys.exit(f"There is no module {', '.join(sorted(unknown))} among {', '.join(everything)}.")
    total, lines = [0, 0, 0], []
    for name in names:
        passed, failed, skipped, tests = play(name, [])
        lines.append(f"{name}: {passed} passed, {failed} failed, {skipped} skipped")
        if tests:
            again, failed, also_skipped, _ = play(name, tests)
            passed, skipped = passed + again, skipped + also_skipped
            lines.append(f"{name}, once more: {again} passed, {failed} failed")
        total = [sum(pair) for pair in zip(total, (passed, failed, skipped), strict=True)]
    print("\n" + "\n".join(lines))
    print("{} passed, {} failed, {} skipped".format(*total))
    return int(total[1] > 0)


def play(name: str, tests: list[str]) -> tuple[int, int, int, list[str]]:
    """Run some tests of a module, or all. Return how many passed, failed and were skipped, and the
    names of those that failed."""
    labels = tests or ["tests.end_to_end.faults", "--pattern", f"{name}.py"]
    command = [sys.executable, "manage.py", "test", *labels, "--parallel", "1"]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    output = "".join(lines)
    found = RESULT.search(output)
    passed, failed, skipped = map(int, found.groups()) if found else (0, 1, 0)
    return (
        passed,
        max(failed, bool(process.returncode)),
        skipped,
        sorted(set(FAILED.findall(output))),
    )


if __name__ == "__main__":
    sys.exit(main())
