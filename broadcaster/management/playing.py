"""Publishing prepared changes at their times, for the demonstration and for rehearsals."""

import time
from collections.abc import Iterable

from django.core.management.base import BaseCommand, CommandError

from broadcaster.domain.change import Change
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish


def check_speed(option: str, speed: float) -> None:
    """Raise `CommandError` unless the speed is a number above 0."""
    if not 0 < speed < float("inf"):
        raise CommandError(f"{option} takes a speed above 0")


def play_script(
    command: BaseCommand,
    broadcast: Broadcast,
    script: Iterable[tuple[float, Change]],
    speed: float,
    by=None,
) -> None:
    """Publish each change at its time, in seconds from now at speed 1, and print it."""
    began = time.monotonic()
    for due, change in script:
        time.sleep(max(0, began + due / speed - time.monotonic()))
        publication = publish(broadcast, change, Actor(by, Via.COMMAND), replayed=True)
        minute = int(due // 60)
        totals = publication.totals[broadcast.show.first]
        won = " ".join(f"{party} {number}" for party, number in totals.items() if number)
        words = describe(change, broadcast.show)
        command.stdout.write(f"{minute // 60}:{minute % 60:02}  {won:24} {words}")
        command.stdout.flush()
