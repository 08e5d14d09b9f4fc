"""Text of the newsroom within our own sentences. bidi.js does the same."""

import unicodedata

RIGHT_TO_LEFT = {"R", "AL"}  # letters
CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def isolate(text: str) -> str:
    """Return text that cannot change the direction of the words around it.

    Text from left to right is returned unchanged. In HTML the attribute dir="auto" and the element
    bdi do it. This is for page titles, the audit and files, which have no markup.
    """
    if any(unicodedata.bidirectional(each) in RIGHT_TO_LEFT | CONTROLS for each in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def is_right_to_left(text: str) -> bool:
    """Return whether a text is written from right to left, by its first letter with a direction."""
    directions = (unicodedata.bidirectional(each) for each in text)
    return next((each for each in directions if each in {"L", *RIGHT_TO_LEFT}), "L") != "L"


def is_balanced(text: str) -> bool:
    """Return whether every isolate that the text ends was begun in it.

    An end too many would end the isolate around the text.
    """
    depth = 0
    for each in text:
        if unicodedata.bidirectional(each) in ("LRI", "RLI", "FSI"):
            depth += 1
        elif each == POP_ISOLATE:
            depth -= 1
            if depth < 0:
                return False
    return True
