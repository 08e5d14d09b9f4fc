"""Convert SVG on standard input to PNG on standard output.

A separate program, started by card.py: drawing takes a tenth of a second or more and holds the
interpreter's lock. Within the server it would delay every viewer's update.
"""

import sys
from pathlib import Path

import resvg_py

FONTS = Path(__file__).resolve().parents[1] / "data/fonts"

if __name__ == "__main__":
    png = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        skip_system_fonts=True,
        font_files=[str(path) for path in sorted(FONTS.glob("*.ttf"))],
    )
    sys.stdout.buffer.write(png)
