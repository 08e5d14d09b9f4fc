"""manage.py broadcast SLUG: make a broadcast, off air."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from broadcaster.domain.rejection import InvalidInput
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.lineup import choose


class Command(BaseCommand):
    help = (
        "Make a broadcast, off air, with one contest or more. manage.py contest list shows the "
        "ids of contests."
    )

    def add_arguments(self, parser):
        parser.add_argument("slug", help="the last part of its address")
        parser.add_argument("--title", required=True, help="as viewers read it")
        parser.add_argument(
            "--contest",
            action="append",
            required=True,
            metavar="KEY=ID",
            help="a contest under a short key, such as senate=us-senate-2026; "
            "repeat it for several, the first is what viewers see first",
        )
        parser.add_argument("--unlisted", action="store_true", help="not on the front page")

    @transaction.atomic
    def handle(self, *, slug, title, contest, unlisted, **options):
        pairs = [each.partition("=")[::2] for each in contest]
        if len(dict(pairs)) < len(pairs):
            raise CommandError("--contest: two contests have the same key")
        try:
            broadcast = Broadcast(
                slug=slug, title=title, listed=not unlisted, contests=choose(dict(pairs))
            )
            broadcast.full_clean(exclude=["state"])
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            field, problems = next(iter(error.message_dict.items()))
            raise CommandError(f"{field}: {problems[0]}") from error
        broadcast.save()
        add_entry(Actor(None, Via.COMMAND), "changed", broadcast, "created")
        self.stdout.write(broadcast.get_absolute_url())
