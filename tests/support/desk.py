"""The desk, for tests: a broadcast on air, one user of each group, and their commands."""

from django.test import TestCase

from broadcaster.desk import state
from broadcaster.desk.commands import execute
from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.actor import Actor
from tests.support.changes import parse_change
from tests.support.log import publish
from tests.support.staff import staff

VIEW = {"view": {"focus": "OH"}}
START = {"kind": "start"}


def calling(units, party="D"):
    return {
        "calls": {unit: {"status": "called", "party": party} for unit in units.split()},
        "story": {"headline": f"{units} called"},
    }


class DeskCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.contributor = staff("contributor", CONTRIBUTOR)
        cls.broadcaster = staff("broadcaster", BROADCASTER)
        cls.editor = staff("editor", EDITOR)
        cls.night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        publish(cls.night, parse_change(START))

    def do(self, user, command, via="socket", **arguments):
        """The answer's status and body."""
        self.night.refresh_from_db()
        actor = Actor(user, via, "192.0.2.7")
        return execute(self.night, {"command": command, **arguments}, actor)

    def cue(self, change=VIEW, title="Cue", user=None):
        status, answer = self.do(user or self.contributor, "prepare", title=title, change=change)
        self.assertEqual(status, 201, answer)
        return answer["cue"]

    def listed(self, cue):
        self.night.refresh_from_db()
        return next(each for each in state.rundown(self.night)["cues"] if each["id"] == cue)

    def seq(self):
        self.night.refresh_from_db()
        return self.night.seq

    def audited(self):
        return [(entry.who, entry.action) for entry in AuditEntry.objects.order_by("pk")]

    def assertRefused(self, answer, status, words):
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words, answer[1]["error"])
