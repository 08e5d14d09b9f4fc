"""How far an update has come: what the server processes report, added up. Pure.

A report is a dict: `viewers` {"ws", "poll"} connected, `away` polls about to come back, `epoch` and
`seq` of the process's replica, `age` in seconds since that was known to be the head of the log, and
`receipt` of the update that led there, or None if the process started later:

    {"of": {"ws", "poll"}, "away": polls, "behind": {"ws", "poll"},
     "times": {"ws": [[milliseconds since publishing, viewers reached], …], "poll": […]}}

`away` and `behind["poll"]` are below 0 where polls came that other processes had answered.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from broadcaster.domain.stream import Position

KINDS = ("ws", "poll")

Report = Mapping[str, Any]


def viewers(reports: Sequence[Report], head: Position | None) -> dict[str, Any]:
    """The desk's `viewers` frame: all processes together. `head` is the log's."""
    counts = {kind: sum(report["viewers"][kind] for report in reports) for kind in KINDS}
    counts["poll"] += max(sum(report["away"] for report in reports), 0)
    return {
        "t": "viewers",
        "processes": len(reports),
        **counts,
        "receipt": receipt(reports, head),
        "ages": [round(report["age"], 1) for report in reports],
    }


def receipt(reports: Sequence[Report], head: Position | None) -> dict[str, Any] | None:
    """Whom the newest update has reached; None if nobody was here to be reached by it.

    Percentiles are over the viewers of all processes, from their times together, to two digits.
    """
    if head is None:
        return None
    ahead = [report["seq"] for report in reports if report["epoch"] == head.epoch]
    newest = max([head.seq, *ahead])  # a process may know more than this console has read
    there = [r for r in reports if (r["epoch"], r["seq"]) == (head.epoch, newest)]
    lacking = [report for report in reports if report not in there]
    receipts = [report["receipt"] for report in there if report["receipt"]]
    if not (receipts or lacking):
        return None
    times = {kind: [(ms, n) for one in receipts for ms, n in one["times"][kind]] for kind in KINDS}
    reached = {kind: sum(viewers for _, viewers in times[kind]) for kind in KINDS}
    of = {kind: sum(one["of"][kind] for one in receipts) for kind in KINDS}
    behind = {kind: sum(one["behind"][kind] for one in receipts) for kind in KINDS}
    away = sum(one["away"] for one in receipts)
    for report in lacking:  # a process without the update, and so are its viewers
        away += report["away"]
        behind["poll"] += report["away"]
        for kind in KINDS:
            of[kind] += report["viewers"][kind]
            behind[kind] += report["viewers"][kind]
    # Who comes for the update, and was between two polls at its time, was a viewer then.
    of["poll"] = max(of["poll"] + max(away, 0), reached["poll"])
    together = times["ws"] + times["poll"]
    return {
        "seq": newest,
        "ms": quantile(together, 1),
        "reached": reached,
        "of": of,
        "p50": quantile(together, 0.5),
        "p99": quantile(together, 0.99),
        "behind": behind["ws"] + max(behind["poll"], 0),
    }


def quantile(times: Iterable[tuple[int, int]], share: float) -> int | None:
    """The milliseconds within which a `share` of the viewers was reached; None without any."""
    counted = sorted(times)
    enough, reached = share * sum(viewers for _, viewers in counted), 0
    for milliseconds, viewers in counted:
        reached += viewers
        if viewers and reached >= enough:
            return milliseconds
    return None
