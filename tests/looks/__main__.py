"""Pictures of every state of every page: `python -m tests.looks [--axe] [NAME ...]`.

A real `serve` and Chromium play each state on an election night, with the broadcasts of
`manage.py demo` in a database of their own. Each state becomes one picture in
docs/pictures/states/, in each of its widths, light and dark. NAME is a state or the beginning of
its name, such as `desk` or `page-paused`. With `--axe` the command also checks each state, wide and
light, then narrow and dark, for violations of WCAG 2.2 AA, and fails if there are any. axe does not
run in the page without JavaScript.

A system with a font for emoji (Debian: fonts-noto-color-emoji) shows them; others show boxes.

The clock of all processes is wrong, since the pages name times and days: see clock.c. So two runs
differ little.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import django

from tests.support.clock import wrong_clock
from tests.support.server import ROOT

ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "DEBUG")  # settings that would lead to other data


def main() -> int:
    """Play the states of the command line, or all. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.looks")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--axe", action="store_true")
    arguments = parser.parse_args()
    if "CLOCK_SKEW" not in os.environ:
        return run_again_with_a_wrong_clock()
    os.environ["DJANGO_SETTINGS_MODULE"] = "mapcenter.settings"
    django.setup()
    from tests.looks.play import play_states  # models can be imported from now on

    return play_states(arguments.names, arguments.axe)


def run_again_with_a_wrong_clock() -> int:
    """Run this command in a process whose clock it can set, with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="mapcenter-looks-") as folder:
        environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        environment |= wrong_clock(folder, CLOCK_SKEW=0)
        environment["STATE_DIRECTORY"] = folder
        command = [sys.executable, "-m", "tests.looks", *sys.argv[1:]]
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
