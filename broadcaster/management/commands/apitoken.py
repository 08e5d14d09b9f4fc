"""manage.py apitoken USER: make a bearer token for the HTTP API and print it once."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from broadcaster.desk.tokens import issue
from broadcaster.models import Via
from broadcaster.publishing.actor import Actor


class Command(BaseCommand):
    help = "Print a new API token that acts for USER. It is shown once; the admin revokes it."

    def add_arguments(self, parser):
        parser.add_argument("user")
        parser.add_argument("--note", default="", help="its purpose, shown in the admin")
        parser.add_argument(
            "--direct",
            action="store_true",
            help="its feed's calls go on air, not into the rundown",
        )

    def handle(self, *, user, note, direct, **options):
        owner = get_user_model().objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"there is no user {user}")
        self.stdout.write(issue(owner, note, direct, Actor(None, Via.COMMAND)))
