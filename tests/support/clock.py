"""A wrong clock for single processes: clock.c, compiled."""

import subprocess
from pathlib import Path

from tests.support.programs import find_program

SOURCE = Path(__file__).with_suffix(".c")


def wrong_clock(folder: str, **settings: int) -> dict[str, str]:
    """Return the environment of a process with a wrong clock; clock.c has the settings."""
    library = f"{folder}/clock.so"
    compiler = find_program("gcc", "gcc")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": library, **{name: str(value) for name, value in settings.items()}}
