"""Programs that tests run. A test without its program fails: .ci/run installs them all."""

import shutil


def find_program(name: str, package: str) -> str:
    """Return the path of a program of a Debian package."""
    path = shutil.which(name)
    assert path is not None, f"{name} is not installed (Debian: apt-get install {package})"
    return path
