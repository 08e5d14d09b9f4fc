"""manage.py demo: make the demonstration broadcasts, their rundowns and their staff users."""

import secrets
from datetime import datetime, timedelta, timezone

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.desk.rundown import add
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.rejection import Rejected
from broadcaster.management.evening import PLAYED, Evening, slugs
from broadcaster.management.playing import check_speed, play_script
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.history import milliseconds
from broadcaster.publishing.lineup import choose
from broadcaster.publishing.publish import publish, publish_recording, start_over

BEGAN = {"election-night-2024": datetime(2024, 11, 5, 19, tzinfo=timezone(timedelta(hours=-5)))}
"""The evenings that are past: when they began. The others are on air."""
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
        parser.add_argument(
            "--evening", default=PLAYED, choices=slugs(), help="the one that --play plays"
        )

    def handle(self, *, play, evening, **options):
        if play is not None:
            check_speed("--play", play)
        self.make_staff()
        for slug in slugs():
            found = Evening(slug)
            broadcast = Broadcast.objects.filter(slug=slug).first() or self.make(found)
            self.make_rundown(broadcast, found)
            if play is not None and slug == evening:
                self.play(broadcast, found, play)

    @transaction.atomic
    def make(self, evening: Evening) -> Broadcast:
        """Make the broadcast of an evening: on air, or ended if it is past."""
        by = Actor(None, Via.COMMAND)
        if began := BEGAN.get(evening.slug):
            recording = evening.recording(milliseconds(began))
            past = publish_recording(recording, by, slug=evening.slug, title=evening.title)
            past.listed = True
            past.save()
            return past
        broadcast = Broadcast.objects.create(
            slug=evening.slug, title=evening.title, contests=choose(evening.contests)
        )
        publish(broadcast, parse_change(evening.steps[0][1], evening.show), by)
        return broadcast

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
        self.stdout.write(f"page      {address}/broadcasts/{PLAYED}/")
        self.stdout.write(f"admin     {address}/admin/")
        self.stdout.write(f"users     {', '.join(STAFF)}")
        self.stdout.write(f"password  {password}")

    def make_rundown(self, broadcast: Broadcast, evening: Evening) -> None:
        """Add cues that the rundown has never had. Cues that staff removed stay removed."""
        actor = Actor(get_user_model().objects.get(username="contributor"), Via.COMMAND)
        known = set(broadcast.cues.values_list("client_id", flat=True))
        for title, data in evening.rundown.items():
            name = f"demo {title}"
            if name not in known:
                change = parse_change(data, broadcast.show)
                cue = add(broadcast, change, actor, title, client_id=name)
                add_entry(actor, "prepared", broadcast, title, cue=cue)

    def play(self, broadcast: Broadcast, evening: Evening, speed: float) -> None:
        """Publish the evening's changes at their times."""
        try:
            start_over(broadcast)
        except Rejected as error:
            raise CommandError(str(error)) from error
        user = get_user_model().objects.get(username="broadcaster")
        script = [(60 * minute, change) for minute, change in evening.script()]
        play_script(self, broadcast, script, speed, by=user)
