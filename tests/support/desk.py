"""A test case with a broadcast on air, one user of each group, and the desk's commands."""

from django.test import TestCase

from broadcaster.desk import state
from broadcaster.desk.commands import execute
from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.actor import Actor
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.staff import staff

VIEW = {"view": {"focus": "OH"}}
START = {"kind": "start"}


def calling(units, party="D"):
    """Return a change as JSON that calls `units`, separated by spaces, for `party`."""
    return {
        "calls": {
            "president": {unit: {"status": "called", "party": party} for unit in units.split()}
        },
        "story": {"headline": f"{units} called"},
    }


class DeskCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.contributor = staff("contributor", CONTRIBUTOR)
        cls.broadcaster = staff("broadcaster", BROADCASTER)
        cls.editor = staff("editor", EDITOR)
        cls.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(cls.night, parse_change(START))

    def do(self, user, command, via="socket", **arguments):
        """Run a command of `user`. Return the status and the body of the reply."""
        self.night.refresh_from_db()
        actor = Actor(user, via, "192.0.2.7")
        return execute(self.night, {"command": command, **arguments}, actor)

    def cue(self, change=VIEW, title="Cue", user=None):
        """Prepare a cue. Return its id."""
        status, answer = self.do(user or self.contributor, "prepare", title=title, change=change)
        self.assertEqual(status, 201, answer)
        return answer["cue"]

    def listed(self, cue):
        """Return a cue as the rundown lists it."""
        self.night.refresh_from_db()
        return next(each for each in state.rundown(self.night)["cues"] if each["id"] == cue)

    def seq(self):
        self.night.refresh_from_db()
        return self.night.seq

    def audited(self):
        """Return users and actions in the audit, oldest first."""
        return [(entry.who, entry.action) for entry in AuditEntry.objects.order_by("pk")]

    def assert_rejected(self, answer, status, words):
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words, answer[1]["error"])
