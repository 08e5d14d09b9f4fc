"""Runs the fault suite, a module at a time: `python -m tests.end_to_end.faults [MODULE ...]`.

The bounds of the tests are those of a quiet machine. A module that fails is therefore played once
more, alone as the first time, and fails if it fails again. The summary names it in either case.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.support.server import ROOT

FOLDER = Path(__file__).parent
RESULT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)


def main() -> int:
    """Run the modules of the command line, or all. Return the exit status."""
    names = sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("fault_*.py"))
    total, lines = [0, 0, 0], []
    for name in names:
        for _ in range(2):
            began = time.monotonic()
            result = play(name)
            counts = "{} passed, {} failed, {} skipped".format(*result)
            lines.append(f"{name}, {time.monotonic() - began:.0f} s: {counts}")
            print(lines[-1], flush=True)
            if not result[1]:
                break
        total = [sum(pair) for pair in zip(total, result, strict=True)]
    print("\n" + "\n".join(lines))
    print("{} passed, {} failed, {} skipped".format(*total))
    return int(total[1] > 0)


def play(name: str) -> tuple[int, int, int]:
    """Run one module. Return how many of its tests passed, failed and were skipped."""
    command = [sys.executable, "manage.py", "test", "tests.end_to_end.faults"]
    command += ["--pattern", f"{name}.py", "--parallel", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        output = []
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    found = RESULT.search("".join(output))
    passed, failed, skipped = map(int, found.groups()) if found else (0, 1, 0)
    return passed, max(failed, bool(process.returncode)), skipped


if __name__ == "__main__":
    sys.exit(main())
