"""The visible and spoken texts of a page, and their declared languages."""

import re
from html.parser import HTMLParser

ENGLISH = re.compile(
    r"(?i)\b(the|of|and|to|is|not|this|with|by|live|state|votes?|calls?|called|map|page)\b"
)
SHOWN = {"aria-label", "alt", "title", "placeholder", "data-copied", "aria-valuetext"}


class Words(HTMLParser):
    """Collects the texts of a page in `found`, each with its language by the `lang` attributes."""

    VOID = {"meta", "link", "input", "br"}

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.open.append((tag, given.get("lang") or (self.open[-1][1] if self.open else "")))
        self.found += [(self.open[-1][1], given[name]) for name in SHOWN & set(given)]
        if tag in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        tag, language = self.open[-1] if self.open else ("", "")
        if text.strip() and tag not in ("script", "style"):
            self.found.append((language, text.strip()))


def english_in(html: str) -> list[str]:
    """Return texts of a Spanish page that are marked as Spanish but contain English words."""
    spanish = [text for language, text in Words(html).found if language == "es"]
    assert len(spanish) > 3, "the page has too few texts that are marked as Spanish"
    return [text for text in spanish if ENGLISH.search(text.replace("Map Center", ""))]
