"""manage.py demo: make the demonstration broadcast, its rundown and its staff users."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.desk.rundown import add
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rejection import Rejected
from broadcaster.management import evening
from broadcaster.management.playing import check_speed, play_script
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.publish import publish, start_over

SLUG = "election-night-2020"
STAFF = {"contributor": CONTRIBUTOR, "broadcaster": BROADCASTER, "editor": EDITOR}


class Command(BaseCommand):
    help = "Prepare the demonstration, and with --play play it. Repeating it changes nothing."

    def add_arguments(self, parser):
        parser.add_argument(
            "--play",
            type=float,
            metavar="SPEED",
            help="start the evening over and play it at SPEED times its pace: "
            "60 plays a minute of the show each second, 160 s in all",
        )

    def handle(self, *, play, **options):
        if play is not None:
            check_speed("--play", play)
        broadcast, created = Broadcast.objects.get_or_create(
            slug=SLUG, defaults={"title": "Election Night 2020", "election": 2020}
        )
        self.make_staff()
        self.make_rundown(broadcast)
        if play is not None:
            self.play(broadcast, play)
        elif created:
            first = parse_change(evening.STEPS[0][1])
            publish(broadcast, first, Actor(None, Via.COMMAND))

    def make_staff(self) -> None:
        """Make the three users. Their generated password stays in the state directory."""
        path = settings.STATE_DIRECTORY / "demo-password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(9))
        password = path.read_text()
        for name, group in STAFF.items():
            user, created = get_user_model().objects.get_or_create(
                username=name, defaults={"is_staff": True}
            )
            if created:
                user.set_password(password)
                user.save()
                user.groups.set(Group.objects.filter(name=group))
        address = f"http://127.0.0.1:{settings.PORT}"
        self.stdout.write(f"page      {address}/broadcasts/{SLUG}/")
        self.stdout.write(f"admin     {address}/admin/")
        self.stdout.write(f"users     {', '.join(STAFF)}")
        self.stdout.write(f"password  {password}")

    def make_rundown(self, broadcast: Broadcast) -> None:
        """Add cues that the rundown has never had. Cues that staff removed stay removed."""
        actor = Actor(get_user_model().objects.get(username="contributor"), Via.COMMAND)
        known = set(broadcast.cues.values_list("client_id", flat=True))
        for title, data in evening.RUNDOWN.items():
            name = f"demo {title}"
            if name not in known:
                change = parse_change(data)
                cue = add(broadcast, change, actor, title, client_id=name)
                add_entry(actor, "prepared", broadcast, title, cue=cue)

    def play(self, broadcast: Broadcast, speed: float) -> None:
        """Publish the evening's changes at their times."""
        try:
            start_over(broadcast)
        except Rejected as error:
            raise CommandError(str(error)) from error
        user = get_user_model().objects.get(username="broadcaster")
        script = [(60 * minute, change) for minute, change in evening.script()]
        play_script(self, broadcast, script, speed, by=user)
