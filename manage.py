#!/usr/bin/env python
"""Django's command line for Map Center."""

import os
import sys

from django.core.management import execute_from_command_line

from mapcenter import __version__
from mapcenter.env import InvalidVariable
from mapcenter.state import prepare_state


def main() -> None:
    """Run the command, or print in one line which environment variable is wrong."""
    if sys.argv[1:] in (["version"], ["--version"]):  # Django would print its own, before any app
        return print(f"Map Center {__version__}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mapcenter.settings")
    try:
        prepare_state()
        execute_from_command_line(sys.argv)
    except InvalidVariable as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
