"""report.html: one file, no network, readable in light and dark."""

from collections.abc import Iterable
from html import escape
from typing import Any

from loadtest.swarm.report import pictures

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2025; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --ink: #dfe3e8; } }
body { background: var(--ground); color: var(--ink); margin: 2rem auto; max-width: 56rem;
  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
svg { font-family: system-ui, sans-serif; height: auto; }
pre { overflow-x: auto; border-block: 1px solid var(--line); padding: 0.5rem 0;
  font-size: 0.82rem; line-height: 1.45; }
figure { margin: 2.5rem 0; }
figcaption { font-size: 0.9rem; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.7rem; text-align: right; border-bottom: 1px solid var(--line); }
div.wide { overflow-x: auto; }
"""
COLUMNS = {
    "number": "update",
    "slip": "sent late",
    "answer": "answered",
    "expected": "expected",
    "received": "received",
    "first": "first",
    "p50": "p50",
    "p95": "p95",
    "p99": "p99",
    "last": "last",
    "mean_relative_delay": "mean relative",
}


def html(report: dict[str, Any], words: str) -> str:
    """The page, whole."""
    title = f"Viewer swarm: {report['distribution']}, {report['plan']['transport']}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_about(report))}</p>",
        f"<pre>{escape(words.strip())}</pre>",
        *(
            f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
            for caption, svg in pictures.draw_all(report)
        ),
        "<h2>Every update</h2><p>Delays in ms from the intended time of sending.</p>",
        _table(report["messages"]),
        "</body></html>",
    ]
    return "\n".join(parts)


def _about(report: dict[str, Any]) -> str:
    plan = report["plan"]
    rounds = ", ".join(f"{r['messages']} updates every {r['interval']:g} s" for r in plan["rounds"])
    host = "server and swarm on one host" if report["shared_host"] else "server on another host"
    return (
        f"{report['started_at']}, {plan['target']['url']}, broadcast {report['slug']}; ramp "
        f"{report['ramp']:g} s; {rounds}; {host}."
    )


def _table(messages: Iterable[dict[str, Any]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS.values())
    rows = (
        "<tr>" + "".join(f"<td>{_cell(message[key])}</td>" for key in COLUMNS) + "</tr>"
        for message in messages
    )
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
