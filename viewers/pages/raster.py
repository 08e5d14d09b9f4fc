"""SVG from standard input to PNG on standard output. Pure.

A program of its own: drawing takes a tenth of a second or more and holds the interpreter's lock
all the while. In the server every viewer would wait for it.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import resvg_py

FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def fonts() -> list[str]:
    """The files of FONTS that matplotlib brings: servers often have no fonts of their own."""
    spec = find_spec("matplotlib")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "mpl-data/fonts/ttf"
    return [str(folder / name) for name in FONTS]


if __name__ == "__main__":
    svg = sys.stdin.buffer.read().decode()
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts())
    sys.stdout.buffer.write(png)
