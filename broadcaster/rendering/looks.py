"""The colours of picture.css, for pictures that are files of their own and have no style sheet."""

import re
from functools import cache
from pathlib import Path
from typing import Literal

CSS = Path(__file__).parents[1] / "static/broadcaster/rendering/picture.css"
FIRST_LINE = {"light": ":root {", "dark": ':root[data-theme="dark"] {'}
"""The line with which the colours of each theme begin."""

Theme = Literal["light", "dark"]


@cache
def colours(theme: Theme) -> dict[str, str]:
    """Return the colours by name, without the hyphens that begin them, as in "look-blue"."""
    block = CSS.read_text().split(FIRST_LINE[theme])[1].split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", block))
