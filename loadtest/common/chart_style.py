"""Colours, size and matplotlib settings that all charts share. Does not import matplotlib."""

from typing import Any

INK = "#010203"  # a placeholder for the text colour, replaced in the finished SVG
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
