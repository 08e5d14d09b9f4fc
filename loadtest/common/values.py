"""Values of command-line options. argparse calls these, and reports their errors."""

import os
from argparse import ArgumentTypeError
from pathlib import Path


def positive(text: str) -> int:
    """Parse a number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def is_writable(path: Path) -> bool:
    """Return whether a file or folder can be written, or made, at `path`."""
    existing = path if path.exists() else next(one for one in path.parents if one.exists())
    return os.access(existing, os.W_OK) and (path.exists() or existing.is_dir())
