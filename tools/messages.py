"""The words that pages are made of, and their translations: `make messages`.

Collects what templates, modules and scripts mark, brings locale/*/LC_MESSAGES/django.po up to
date, and compiles it: django.mo for Django, and scripts.json, the part that scripts say. Needs
Babel; what runs needs neither Babel nor GNU gettext.
"""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from broadcaster.domain.electoral import STATE_NAMES

ROOT = Path(__file__).resolve().parent.parent
APPS = ("broadcaster", "viewers")
KEYWORDS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "gettext_noop": None}
MARKED = {"python": "**/*.py", "javascript": "static/**/*.js"}


def files(language: str) -> tuple[Path, Path, Path]:
    """A language's catalogue, the same compiled, and what scripts need of it."""
    folder = ROOT / "locale" / language / "LC_MESSAGES"
    return folder / "django.po", folder / "django.mo", folder / "scripts.json"


def marked() -> Catalog:
    """Everything that is to be translated, and where it stands."""
    catalog = Catalog(project="Map Center", fuzzy=False)
    for name in STATE_NAMES.values():
        catalog.add(name, locations=[("broadcaster/domain/electoral.py", 0)])
    for path, kind in sources():
        text = path.read_text()
        if kind == "template":  # as Python: what is not to be translated becomes X
            lines = templatize(text, origin=str(path)).splitlines()
            text = "\n".join(line.strip() for line in lines)
        found = extract(
            "python" if kind == "template" else kind,
            io.BytesIO(text.encode()),
            keywords=KEYWORDS,
            comment_tags=["Translators:"],
            strip_comment_tags=True,
        )
        for _, message, comments, context in found:
            where = [(str(path.relative_to(ROOT)), 0)]
            catalog.add(message, locations=where, auto_comments=comments, context=context)
    return catalog


def sources() -> Iterator[tuple[Path, str]]:
    """Files in which words are marked, and of what kind each is."""
    for app in APPS:
        for kind, pattern in MARKED.items():
            yield from ((path, kind) for path in sorted((ROOT / app).glob(pattern)))
        for path in sorted((ROOT / app / "templates").rglob("*.*")):
            yield path, "template"


def read(language: str) -> Catalog:
    """A language's catalogue as it is."""
    with files(language)[0].open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> tuple[bytes, str]:
    """The contents of django.mo and of scripts.json."""
    binary = io.BytesIO()
    write_mo(binary, catalog)
    said = {
        message.id[0] if message.pluralizable else message.id: message.string
        for message in catalog
        if any(name.endswith(".js") for name, _ in message.locations)
    }
    return binary.getvalue(), json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def update(language: str) -> None:
    """Bring a language's files up to date; what lacks a translation is left empty."""
    po, mo, scripts = files(language)
    catalog, template = read(language), marked()
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with po.open("wb") as file:
        write_po(file, catalog, width=96, sort_output=True, include_lineno=False)
    binary, said = compiled(catalog)
    mo.write_bytes(binary)
    scripts.write_text(said)
    missing = [message.id for message in catalog if message.id and not all_of(message.string)]
    print(f"{language}: {len(catalog)} messages", *missing, sep="\n  without translation: ")


def all_of(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mapcenter.settings")
    django.setup()
    for folder in sorted((ROOT / "locale").iterdir()):
        update(folder.name)
