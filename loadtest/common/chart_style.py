"""What all charts share: colours, size, matplotlib's settings. Does not import matplotlib."""

import io
from typing import Any

INK = "#010203"  # a placeholder for the text colour, replaced in the finished SVG
GREY = "#7d858f"  # of text and lines: an image cannot use the colours of its page
BLUE, ORANGE, GREEN, RED, VIOLET = "#3f82d4", "#d97a1e", "#2c9a63", "#d64f4f", "#8d6bd6"
SIZE = (8.4, 3.2)  # inches
LEGEND: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4}  # above
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "swarm",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.12,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


def to_svg(figure: Any, ink: str) -> str:
    """Return a matplotlib figure as an SVG element, its text and lines in the colour `ink`."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    return svg[svg.index("<svg") :].replace(INK, ink)
