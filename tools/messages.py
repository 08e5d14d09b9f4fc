"""Bring the message catalogues up to date: `make messages`.

Babel collects the messages that templates, Python and JavaScript mark (babel.cfg) in
locale/*/LC_MESSAGES/django.po, and those of JavaScript in djangojs.po, as Django's makemessages
would. docs/decisions/0003-message-catalogues.md says why it is not makemessages.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from babel.messages.extract import extract_python
from babel.messages.frontend import CommandLineInterface
from django.utils.translation.template import templatize

from broadcaster.domain import contest, geometry
from broadcaster.domain.translation import name_in

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    "django": ["broadcaster", "viewers", "--ignore-dirs=static"],
    "djangojs": ["broadcaster/static", "viewers/static"],
}
"""The sources that Babel reads for each catalogue."""


def pybabel(*arguments: str) -> None:
    """Run Babel's command. Raises babel.messages.frontend.BaseError if it fails."""
    CommandLineInterface().run(["pybabel", "--quiet", *arguments])


def update(*options: str) -> None:
    """Bring the .po files up to date with their sources. Messages without a translation are empty.

    With the option `--check`, raise babel.messages.frontend.BaseError if one is out of date.
    """
    with TemporaryDirectory() as folder:
        for domain, sources in SOURCES.items():
            template = f"{folder}/{domain}.pot"
            pybabel(
                "extract",
                "--mapping-file=tools/babel.cfg",
                "--keywords=gettext_lazy gettext_noop",
                "--add-comments=Translators:",
                "--strip-comment-tags",
                "--add-location=file",
                "--sort-output",
                f"--output-file={template}",
                *sources,
            )
            pybabel(
                "update",
                f"--domain={domain}",
                f"--input-file={template}",
                "--output-dir=locale",
                "--width=96",
                "--no-fuzzy-matching",
                "--ignore-obsolete",
                "--ignore-pot-creation-date",
                *options,
            )


def extract_template(
    file: BytesIO, keywords: dict[str, Any], comment_tags: list[str], options: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the messages of a Django template, which Django turns into Python for this."""
    lines = templatize(file.read().decode()).splitlines()
    source = "\n".join(line.strip() for line in lines)
    return extract_python(BytesIO(source.encode()), keywords, comment_tags, options)


def extract_shipped_names(
    file: BytesIO, keywords: dict[str, Any], comment_tags: list[str], options: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the messages of contest.py, and the names in the documents that ship, not marked."""
    yield from extract_python(file, keywords, comment_tags, options)
    names = {shape.name for id in geometry.shipped_ids() for shape in geometry.shipped(id).shapes}
    for id in contest.shipped_ids():
        document = contest.shipped(id)
        names |= {party.name for party in document.parties}
        names |= {race.name for race in document.races}
        names.add(document.counting)
    found: list[str] = []

    def keep(message: str) -> str:
        found.append(message)
        return message

    for name in names:
        name_in(keep, name)
    yield from ((0, None, name, []) for name in sorted(set(found)))


if __name__ == "__main__":
    os.chdir(ROOT)
    update()
    pybabel("compile", f"--domain={' '.join(SOURCES)}", "--directory=locale", "--statistics")
