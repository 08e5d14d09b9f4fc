"""What a page lets its users send: the fields of its forms, and the queries of its links."""

from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit


class PageInputs(HTMLParser):
    """What a page has, as values by name.

    `fields` are those of its forms for POST, `query` those of its other forms and of its links to
    itself. `posts` tells whether there is a form for POST.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.query: dict[str, list[str]] = {}
        self.posts = False
        self._form = self.query
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name, value = found.get("name", ""), found.get("value", "")
        if tag == "form":
            is_post = found.get("method", "").lower() == "post"
            self.posts |= is_post
            self._form = self.fields if is_post else self.query
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self._add(self._form, self._select, value)
        elif tag in ("input", "textarea", "button"):
            self._add(self._form, name, value)
        elif tag == "a" and found.get("href", "").startswith("?"):
            for name, value in parse_qsl(urlsplit(found["href"]).query):
                self._add(self.query, name, value)

    @staticmethod
    def _add(to: dict[str, list[str]], name: str, value: str) -> None:
        if name and value not in to.setdefault(name, []):
            to[name].append(value)
