"""Marking English texts for translation.

Pure modules write English and mark it with `gettext_noop`. The caller that shows it to people
passes a `gettext`, such as Django's, which translates it (locale/, docs/languages.md).
"""

import re
from collections.abc import Callable

Gettext = Callable[[str], str]
NUMBERED = re.compile(r"(.+) (\d+)(st|nd|rd|th)?")


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogue. Used as a `Gettext`, it leaves the text in English."""
    return text


def name_in(gettext: Gettext, name: str) -> str:
    """Return the translation of a name. In "Ohio 2nd", the place and the ending are translated."""
    numbered = NUMBERED.fullmatch(name)
    if not numbered:
        return gettext(name)
    place, number, ordinal = numbered.groups()
    return f"{gettext(place)} {number}{gettext(ordinal) if ordinal else ''}"
