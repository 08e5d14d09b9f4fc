"""The version of the code that director and simulators must have in common."""

import hashlib

from loadtest.common.processes import ROOT

FOLDERS = (
    "broadcaster/domain",
    "viewers/protocol",
    "loadtest/common",
    "loadtest/swarm",
    "loadtest/control",
)


def code_version() -> str:
    """Return a digest of the source that a simulator runs.

    Not the project's version: two checkouts of one version differ while people work on them.
    """
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]
