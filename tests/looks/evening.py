"""The clock of the pictures, and the broadcasts of one election night."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from broadcaster.domain.change import Change
from broadcaster.management.commands.demo import Command
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast, Cue
from broadcaster.publishing.lineup import choose
from tests.support.browser import in_a_thread
from tests.support.changes import parse_change
from tests.support.log import publish

ZONE = ZoneInfo("America/New_York")
DEMO = "election-night-2020"
THREE_CONTESTS = "election-night-2024"
DAYS = {DEMO: date(2020, 11, 3), THREE_CONTESTS: date(2024, 11, 5)}
numbers = count(1)


def moment(words: str, evening: str = THREE_CONTESTS) -> datetime:
    """Return a time such as "9:47 pm" or "9:47:03 pm" of an evening; am is of the day after."""
    form = "%I:%M:%S %p" if words.count(":") == 2 else "%I:%M %p"
    time_of_day = datetime.strptime(words, form).time()
    day = DAYS[evening] + timedelta(days=time_of_day.hour < 12)
    return datetime.combine(day, time_of_day, ZONE)


def set_clock(at: datetime) -> None:
    """Set the clock of this process, and of those that it starts, to a second."""
    true = time.time() - int(os.environ["CLOCK_SKEW"])
    os.environ["CLOCK_SKEW"] = str(int(at.timestamp()) - int(true))


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    """Set the clock of this process until the block ends."""
    before = os.environ["CLOCK_SKEW"]
    set_clock(at)
    try:
        yield
    finally:
        os.environ["CLOCK_SKEW"] = before


class Night:
    """A broadcast that publishes at given times, whatever the time is."""

    def __init__(self, evening: str = THREE_CONTESTS, **fields: Any) -> None:
        """Make the broadcast of an evening of the demonstration, with other `fields` of the
        model. It is off air and not on the front page."""
        self.evening = Evening(evening)
        fields = {"title": self.evening.title, "listed": False, "source": "AP", **fields}
        contests = fields.pop("ids", self.evening.contests)
        slug = f"night-{next(numbers)}"
        self.broadcast = Broadcast.objects.create(slug=slug, contests=choose(contests), **fields)
        self.path = self.broadcast.get_absolute_url()
        self.user = get_user_model().objects.get(username="broadcaster")

    def moment(self, words: str) -> datetime:
        """Return a time of this evening."""
        return moment(words, self.evening.slug)

    def play(self, until: str) -> "Night":
        """Publish the evening's script up to a time, each step at its own."""
        first, end = self.moment("7:00 pm"), self.moment(until)
        cues = list(self.broadcast.cues.order_by("rank"))
        for seq, (minute, data) in enumerate(self.evening.steps, start=1):
            at = first + timedelta(minutes=minute, seconds=17 * seq % 60)
            if at > end:
                break
            change = parse_change(data, self.broadcast.show)
            cue = next((cue for cue in cues if cue.change == change), None)
            if cue:
                cues.remove(cue)  # two cues may be equal
            self._publish(change, at, cue)
        return self

    def prepare(self) -> "Night":
        """Add the rundown of the demonstration."""
        in_a_thread(Command().make_rundown, self.broadcast, self.evening)
        return self

    def publish(self, change: dict[str, Any], at: str) -> "Night":
        """Publish a change, as JSON, at a time such as "9:47:03 pm"."""
        self._publish(parse_change(change, self.broadcast.show), self.moment(at))
        return self

    def _publish(self, change: Change, at: datetime, cue: Cue | None = None) -> None:
        with clock_at(at):
            in_a_thread(lambda: publish(self.broadcast, change, by=self.user, cue=cue))

    def call(self, party: str, races: str, headline: str, at: str, contest: str = "") -> "Night":
        """Call races, separated by spaces, for a party."""
        calls = {race: {"status": "called", "party": party} for race in races.split()}
        story = {"headline": headline}
        key = contest or self.broadcast.show.first
        return self.publish({"calls": {key: calls}, "story": story}, at)

    def correct(self, race: str, headline: str, reason: str, at: str) -> "Night":
        """Retract the last update, which called `race`."""
        self.broadcast.refresh_from_db()
        calls = {self.broadcast.show.first: {race: {"status": "retracted"}}}
        story = {"headline": headline, "announce": "assertive"}
        correction = {"kind": "correct", "corrects": self.broadcast.seq, "reason": reason}
        return self.publish(correction | {"calls": calls, "story": story}, at)
