"""manage.py rehearse SLUG: play a recording as a rehearsal, at a multiple of its pace."""

from django.core.management.base import BaseCommand, CommandError

from broadcaster.domain.rejection import Rejected
from broadcaster.management.playing import check_speed, play_script
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.lineup import change_lineup
from broadcaster.publishing.publish import start_over


class Command(BaseCommand):
    help = (
        "Play the recording of SLUG into the rehearsal broadcast SLUG-rehearsal, which starts over "
        "each time. Its pages show that it is a rehearsal; those of SLUG are not changed. "
        "Without Redis, viewers get each update with the next head check (3 s)."
    )

    def add_arguments(self, parser):
        parser.add_argument("slug", help="the broadcast whose recording is played")
        parser.add_argument(
            "--speed", type=float, default=1, help="60 plays a minute of the show each second"
        )

    def handle(self, *, slug, speed, **options):
        check_speed("--speed", speed)
        source = Broadcast.objects.filter(slug=slug).first()
        if source is None:
            raise CommandError(f"there is no broadcast {slug}")
        recording = history.recording(source)
        if recording is None or not recording.updates:
            raise CommandError(f"nothing was published in {slug} yet")
        rehearsal, _ = Broadcast.objects.get_or_create(
            slug=f"{slug[:40]}-rehearsal",
            defaults={
                "title": f"Rehearsal: {source.title}"[:120],
                "contests": source.contests,
                "initial": source.initial,
                "rehearsal": True,
                "listed": False,
            },
        )
        if not rehearsal.rehearsal:
            raise CommandError(f"{rehearsal.slug} is not a rehearsal: nothing was done")
        try:
            start_over(rehearsal)
            change_lineup(rehearsal, source.contests)
        except Rejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"/broadcasts/{rehearsal.slug}/  {speed:g} times as fast")
        script = [((u.at - recording.began) / 1000, u.change) for u in recording.updates]
        try:
            play_script(self, rehearsal, script, speed)
        except Rejected as error:
            raise CommandError(
                f"the rehearsal stopped, since {rehearsal.slug} was changed meanwhile: {error}"
            ) from error
