"""Reports of this process to open consoles: its viewers, and the delivery of the last update.

Every process reports for as long as a console announces that it is open; the console adds the
processes up (broadcaster/domain/delivery.py).
"""

import os
import uuid

from broadcaster.domain.clock import shared_clock
from broadcaster.domain.delivery import ProcessReport
from viewers.fanout.hub import Hub

PROCESS = f"{os.getpid()}-{uuid.uuid4().hex[:6]}"  # a unique name of this process


def report(hub: Hub, age: float) -> ProcessReport:
    """Return the report of one hub, whose position was the head of the log `age` seconds ago."""
    delivery = hub.ledger.newest
    return ProcessReport(
        process=PROCESS,
        epoch=hub.replica.position.epoch,
        seq=hub.replica.position.seq,
        age=age,
        offset=shared_clock.offset,
        viewers=hub.counts,
        returning=hub.ledger.returning,
        delivery=delivery.report(hub.behind) if delivery else None,
    )
