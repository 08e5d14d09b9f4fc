"""manage.py publish SLUG JSON: publish one update from the command line."""

import sys

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from broadcaster.desk.requests import decode
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish


class Command(BaseCommand):
    help = "Publish one update. Without Redis, viewers get it with the next head check (3 s)."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="the broadcast")
        parser.add_argument("json", help='the change, such as {"view": {"focus": "OH"}}; - = stdin')
        parser.add_argument("--by", metavar="USER", help="the user named in the log")

    def handle(self, *, slug, json, by, **options):
        broadcast = Broadcast.objects.filter(slug=slug).first()
        if broadcast is None:
            raise CommandError(f"there is no broadcast {slug}")
        user = by and get_user_model().objects.filter(username=by).first()
        if by and user is None:
            raise CommandError(f"there is no user {by}")
        try:
            change = parse_change(decode(sys.stdin.read() if json == "-" else json), broadcast.show)
            publication = publish(broadcast, change, Actor(user or None, Via.COMMAND))
        except (InvalidInput, Rejected) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{publication.epoch}:{publication.seq}")
