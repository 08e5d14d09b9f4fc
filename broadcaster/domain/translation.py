"""English, and the way to other languages. Pure.

Pure modules write English and mark it with `gettext_noop`. Whoever shows it to people passes a
`gettext`, as Django's, which looks it up in the catalogue (locale/, docs/languages.md).
"""

from collections.abc import Callable

Gettext = Callable[[str], str]


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue; as a `Gettext`, it leaves it in English."""
    return text
