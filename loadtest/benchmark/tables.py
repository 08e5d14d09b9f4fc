"""Markdown tables that are aligned for a terminal too, and numbers for them."""

from collections.abc import Sequence


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: the first column aligned left, the others right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return " | ".join([f"| {first[0]:<{first[1]}}", *(f"{c:>{w}}" for c, w in others)]) + " |"

    rule = "|".join(["", "-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:]), ""])
    return "\n".join([line(head), rule, *map(line, rows)])


def number(value: float | None, unit: str) -> str:
    """Return a value and its unit, with as many digits as are significant."""
    if value is None:
        return "–"
    return f"{value:,.1f} {unit}" if abs(value) < 100 else f"{value:,.0f} {unit}"


def share(value: float) -> str:
    """Return a share in per cent; 100% only if nothing is missing."""
    return "100%" if value == 1 else f"{min(value, 0.9999):.2%}"
