"""What a browser loads with a page: its styles and scripts, and what these import."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LOADED_LINKS = {"stylesheet", "modulepreload", "preload", "icon"}  # of <link rel>

STATIC_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["']([^"']+)["']""", re.M
)
STYLE_IMPORT = re.compile(r"""@import\s+(?:url\(\s*)?["']?([^"')\s;]+)""")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "link" and LOADED_LINKS & set(values.get("rel", "").split()):
            self.found.append(values.get("href", ""))
        elif tag in ("script", "img"):
            self.found.append(values.get("src", ""))


def page_files(html: str, path: str) -> list[str]:
    """Return the paths of the files that the page at `path` links, in its order, each once.

    Left out are files of other hosts, `data:` addresses, and what only some browsers load.
    """
    links = _Links()
    links.feed(html)
    return _own_paths(links.found, path)


def imported_files(text: str, path: str) -> list[str]:
    """Return the paths that a module or a stylesheet at `path` imports, each once.

    A module's `import()` is left out: it runs when somebody needs it.
    """
    style = urlsplit(path).path.endswith(".css")
    return _own_paths((STYLE_IMPORT if style else STATIC_IMPORT).findall(text), path)


def _own_paths(addresses: list[str], path: str) -> list[str]:
    found: dict[str, None] = {}
    for address in filter(None, addresses):
        parts = urlsplit(urljoin(path, address))
        if not parts.scheme and not parts.netloc:
            found[parts.path + (f"?{parts.query}" if parts.query else "")] = None
    return list(found)
