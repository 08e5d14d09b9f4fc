"""How far an update has come: the reports of the server processes, added up."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from broadcaster.domain.decodable import decodable
from broadcaster.domain.stream import Position

TRANSPORTS = ("ws", "poll")

Times = list[tuple[int, int]]
"""Milliseconds since publishing, and how many viewers were reached then."""


class DeliveryReport(Struct, frozen=True):
    """The delivery of one update by one process, by transport.

    `expected` counts the viewers connected when it began, `returning` the polls that were about to
    come back, `behind` the viewers that do not have it yet. `returning` and `behind["poll"]` are
    negative where polls came that other processes had answered; only their sum is meaningful.
    """

    expected: dict[str, int]
    returning: int
    behind: dict[str, int]
    times: dict[str, Times]


@decodable
class ProcessReport(Struct, frozen=True):
    """The report of one process to the desk.

    `viewers` counts connections by transport, `returning` polls that are about to come back.
    `epoch` and `seq` are the position of its replica, and `age` the seconds since that was known to
    be the head of the log. `delivery` is that of the update that led there; None if the process
    started later. `offset` is how many seconds its host's clock is ahead of the database's.
    """

    process: str
    epoch: str
    seq: int
    age: float
    viewers: dict[str, int]
    returning: int
    delivery: DeliveryReport | None = None
    offset: float = 0.0

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)

    def aged(self, seconds: float) -> "ProcessReport":
        """Return the report with the age that it has `seconds` later."""
        return msgspec.structs.replace(self, age=self.age + seconds)

    @property
    def connections(self) -> int:
        """Viewers connected to the process. A poll that is about to come back may go elsewhere."""
        return sum(self.viewers.values())


class Delivery(Struct, frozen=True):
    """How far the newest update has come in all processes. Times are ms since publishing.

    `expected` counts the viewers to reach. `p50` and `p99` are percentiles over the viewers reached
    so far in all processes, `max` is the time of the last one; all three are None before anyone was
    reached. `unknown` counts the viewers of processes that fell silent before they reported the
    update.
    """

    seq: int
    reached: dict[str, int]
    expected: dict[str, int]
    p50: int | None
    p99: int | None
    max: int | None
    behind: int
    unknown: int


class ViewersFrame(Struct, frozen=True, tag_field="t", tag="viewers"):
    """The desk's frame with the viewers of all processes.

    `known` is false where reports do not reach the console, so the numbers mean nothing. `delivery`
    is the newest update's; None if there was no viewer to reach. `ages` are those of the processes'
    positions, in s.
    `offset` is that of the host's clock that differs most from the database's, in s.
    `silent` counts the processes that had viewers and stopped reporting: frozen, cut off or killed.
    `unknown` counts their viewers, which no other number includes.
    """

    processes: int
    ws: int
    poll: int
    delivery: Delivery | None
    ages: list[float]
    known: bool
    offset: float
    silent: int
    unknown: int


def viewers(
    reports: Sequence[ProcessReport],
    head: Position | None,
    known: bool,
    silent: Sequence[ProcessReport] = (),
) -> ViewersFrame:
    """Return the desk's frame: all processes together. `head` is the log's.

    `silent` are the last reports of processes that stopped reporting. The last report of a process
    that drained has no viewers.
    """
    silent = [report for report in silent if report.connections]
    returning = max(sum(report.returning for report in reports), 0)
    worst = max([report.offset for report in reports], key=lambda s: abs(s), default=0.0)
    return ViewersFrame(
        processes=len(reports),
        ws=sum(report.viewers["ws"] for report in reports),
        poll=sum(report.viewers["poll"] for report in reports) + returning,
        delivery=newest_delivery(reports, head, silent),
        ages=[round(report.age, 1) for report in reports],
        known=known,
        offset=round(worst, 1),
        silent=len(silent),
        unknown=sum(report.connections for report in silent),
    )


def newest_delivery(
    reports: Sequence[ProcessReport],
    head: Position | None,
    silent: Sequence[ProcessReport] = (),
) -> Delivery | None:
    """Return how far the newest update has come; None if there was no viewer to reach.

    If a silent process has reported the delivery of that update, the report counts.
    """
    if head is None:
        return None
    everyone = [*reports, *silent]
    ahead = [report.seq for report in everyone if report.epoch == head.epoch]
    newest = Position(head.epoch, max([head.seq, *ahead]))  # a process may be ahead of the console
    there = [report for report in everyone if report.position == newest]
    lacking = [report for report in reports if report.position != newest]
    unknown = sum(report.connections for report in silent if report.position != newest)
    deliveries = [report.delivery for report in there if report.delivery]
    if not (deliveries or lacking or unknown):
        return None
    times = {kind: [pair for one in deliveries for pair in one.times[kind]] for kind in TRANSPORTS}
    reached = {kind: sum(count for _, count in times[kind]) for kind in TRANSPORTS}
    expected = {kind: sum(one.expected[kind] for one in deliveries) for kind in TRANSPORTS}
    behind = {kind: sum(one.behind[kind] for one in deliveries) for kind in TRANSPORTS}
    returning = sum(one.returning for one in deliveries)
    for report in lacking:  # its viewers do not have the update, either
        returning += report.returning
        behind["poll"] += report.returning
        for kind in TRANSPORTS:
            expected[kind] += report.viewers[kind]
            behind[kind] += report.viewers[kind]
    # A poll that comes for the update was between two polls at its time, and so a viewer.
    expected["poll"] = max(expected["poll"] + max(returning, 0), reached["poll"])
    together = times["ws"] + times["poll"]
    return Delivery(
        seq=newest.seq,
        reached=reached,
        expected=expected,
        p50=quantile(together, 0.5),
        p99=quantile(together, 0.99),
        max=quantile(together, 1),
        behind=behind["ws"] + max(behind["poll"], 0),
        unknown=unknown,
    )


def quantile(times: Iterable[tuple[int, int]], share: float) -> int | None:
    """Return the milliseconds within which a `share` of the viewers was reached; None without any.

    To two digits, since processes round their times.
    """
    counted = sorted(times)
    enough, reached = share * sum(count for _, count in counted), 0
    for milliseconds, count in counted:
        reached += count
        if count and reached >= enough:
            return milliseconds
    return None
