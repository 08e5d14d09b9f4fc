"""manage.py restored: make a database that was restored from a backup ready to be served."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from broadcaster.domain.mapstate import Phase
from broadcaster.models import Broadcast, Via
from broadcaster.publishing import copies
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.publish import lock_broadcast, rename_epoch


class Command(BaseCommand):
    help = (
        "Run this once after a backup was put back, before a server starts. Viewers may have seen "
        "more than the backup has: broadcasts that had not ended get a new epoch, with their log, "
        "so that viewers start again from the snapshot. Those that had ended stay as they are."
    )

    def handle(self, **options):
        sqlite = connection.vendor == "sqlite"
        try:
            if sqlite:
                copies.check_not_mixed()
            self.rename_epochs()
            if sqlite and copies.is_copy():
                copies.remove_mark()
                copies.check_database()
        except copies.UnusableDatabase as error:
            raise CommandError(str(error)) from error

    @transaction.atomic
    def rename_epochs(self) -> None:
        """Give a new epoch to each broadcast that may have gone on after the backup."""
        unfinished = Broadcast.objects.exclude(phase=Phase.ENDED)
        for pk in unfinished.order_by("pk").values_list("pk", flat=True):
            broadcast = lock_broadcast(pk)
            before = broadcast.epoch
            rename_epoch(broadcast)
            words = f"restored from a backup: epoch {before} is now {broadcast.epoch}"
            add_entry(Actor(None, Via.COMMAND), "changed", broadcast, words)
            self.stdout.write(f"{broadcast.slug}  {words}")
        if not unfinished:
            self.stdout.write("Every broadcast had ended, so all keep their epochs.")
