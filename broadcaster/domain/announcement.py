"""What travels over the channel layer: the names of groups, and the messages. Pure.

A message is a dict with a "type". Channels hands it to the consumer's method of that name, with
"_" for ".": `broadcast_update` for "broadcast.update".
"""

from broadcaster.domain.stream import Update

Message = dict[str, object]

UPDATE = "broadcast.update"
"""To the broadcast's group: an update is on the log. {"epoch", "update"}."""

CONSOLE_OPEN = "desk.open"
"""To the broadcast's group: a console is open, so server processes report to it. {"console"}."""

RUNDOWN = "desk.rundown"
"""To the desk's group: the rundown was changed."""

VIEWERS = "desk.viewers"
"""To the desk's group: the report of one process, as domain/delivery.py describes it."""


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

    Raises KeyError or `msgspec.ValidationError` if it is none.
    """
    return str(message["epoch"]), Update.from_dict(message["update"])
