"""The groups of the channel layer, and the messages sent to them.

A message is a dict with a "type", as Channels' layers carry them.
"""

import msgspec

from broadcaster.domain.change import to_json
from broadcaster.domain.delivery import ProcessReport
from broadcaster.domain.stream import Update

Message = dict[str, object]

UPDATE = "broadcast.update"
"""To the broadcast's group: an update is on the log. {"epoch", "update"}."""

CONSOLE_OPEN = "desk.open"
"""To the broadcast's group: a console is open, so processes report to the desk, and other
consoles show its user, who is "" once it was closed. {"console", "user", "may_confirm"}."""

RUNDOWN = "desk.rundown"
"""To the desk's group: the rundown was changed."""

REPORT = "desk.report"
"""To the desk's group: the report of one process. {"report"}, a `ProcessReport`."""


def group_name(broadcast_id: int) -> str:
    """Return a broadcast's group: each process with viewers and each open console is a member."""
    return f"broadcast.{broadcast_id}"


def desk_group(broadcast_id: int) -> str:
    """Return the group of the consoles that are open on a broadcast; processes report to it."""
    return f"desk.{broadcast_id}"


def update_message(epoch: str, update: Update) -> Message:
    """Return the announcement of an update."""
    return {"type": UPDATE, "epoch": epoch, "update": update.to_dict()}


def read_update(message: Message) -> tuple[str, Update]:
    """Return the epoch and the update of an announcement.

    Raises KeyError or `msgspec.ValidationError` for another message.
    """
    return str(message["epoch"]), Update.from_dict(message["update"])


def report_message(report: ProcessReport) -> Message:
    """Return the report of one process."""
    return {"type": REPORT, "report": to_json(report)}


def read_report(message: Message) -> ProcessReport:
    """Return the report in a message. Raises KeyError or `msgspec.ValidationError`."""
    return msgspec.convert(message["report"], ProcessReport)
