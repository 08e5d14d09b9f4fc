"""The rundown's commands: prepare, edit, move, remove, schedule and take cues."""

from django.contrib.auth.models import Permission
from django.utils import timezone

from broadcaster.desk import rundown, state
from broadcaster.desk.commands import execute
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.history import desk_log, milliseconds
from broadcaster.publishing.publish import start_over
from tests.broadcaster.publishing.test_publish import call
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.desk import START, VIEW, DeskCase, calling
from tests.support.log import publish
from tests.support.staff import staff


class RundownCommands(DeskCase):
    def test_prepared_cue_is_published_when_it_is_taken(self):
        cue = self.cue(calling("PA"), "Pennsylvania")
        before = self.listed(cue)
        self.assertEqual(self.seq(), 1)

        answer = self.do(self.broadcaster, "take_cue", cue=cue, version=1)

        self.assertEqual(answer, (201, {"epoch": self.night.epoch, "seq": 2}))
        self.assertEqual(before["after"], {"president": {"D": 20, "R": 0, "O": 0, "uncalled": 518}})
        self.assertIsNone(before["taken"])
        after = self.listed(cue)
        self.assertEqual((after["taken"]["by"], after["taken"]["seq"]), ("broadcaster", 2))
        self.assertIsNone(after["after"])
        self.assertEqual(desk_log(self.night)[-1]["cue"], cue)
        self.assertEqual(self.audited(), [("contributor", "prepared"), ("broadcaster", "took")])

    def test_second_take_of_a_cue_is_rejected_with_the_name_of_the_first(self):
        cue = self.cue()
        self.do(self.broadcaster, "take_cue", cue=cue, version=1, client_id="mine")

        second = self.do(self.editor, "take_cue", cue=cue, version=1, client_id="other")
        retry = self.do(self.broadcaster, "take_cue", cue=cue, version=1, client_id="mine")

        self.assert_rejected(second, 409, "Already taken by broadcaster, update 2.")
        self.assertEqual((second[1]["seq"], retry[0], retry[1]["seq"]), (2, 201, 2))
        self.assertEqual(self.seq(), 2)

    def test_starting_over_makes_every_cue_ready_again(self):
        cue = self.cue()
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        start_over(self.night)
        self.do(self.editor, "take", change=START)

        self.assertIsNone(self.listed(cue)["taken"])
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 201)

    def test_edited_cue_cannot_be_taken_with_the_old_version(self):
        cue = self.cue()
        edited = self.do(
            self.contributor, "edit", cue=cue, version=1, title="Texas", change=calling("TX", "R")
        )

        stale = self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        stale_edit = self.do(self.contributor, "edit", cue=cue, version=1, title="x", change=VIEW)

        self.assertEqual(edited, (200, {"cue": cue, "version": 2}))
        self.assert_rejected(stale, 409, "edited meanwhile")
        self.assert_rejected(stale_edit, 409, "edited meanwhile")
        self.assertEqual(stale[1]["version"], 2)
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=2)[0], 201)
        for command in ({"command": "remove"}, {"command": "edit", "version": 2, "title": "x"}):
            change = {"change": VIEW} if "title" in command else {}
            self.assert_rejected(self.do(self.editor, cue=cue, **command, **change), 409, "Already")

    def test_cues_are_moved_and_removed(self):
        first, second, third = (self.cue(title=title) for title in "ABC")

        self.do(self.contributor, "move", cue=third, before=first)
        self.do(self.contributor, "move", cue=first, before=None)
        self.do(self.contributor, "remove", cue=second)

        shown = [cue["title"] for cue in state.rundown(self.night)["cues"]]
        self.assertEqual(shown, ["C", "A"])
        for command, more in [
            ("remove", {}),
            ("take_cue", {"version": 1}),
            ("move", {"before": None}),
        ]:
            self.assert_rejected(
                self.do(self.editor, command, cue=second, **more), 404, "no such cue"
            )
        self.assert_rejected(
            self.do(self.editor, "move", cue=first, before=second), 404, "no such cue"
        )
        other = Broadcast.objects.create(slug="other", title="Other", contests=president(2020))
        answer = execute(other, {"command": "remove", "cue": first}, Actor(self.editor, "socket"))
        self.assert_rejected(answer, 404, "no such cue")

    def test_full_rundown_rejects_another_cue(self):
        for _ in range(rundown.MAX_CUES):
            rundown.add(self.night, parse_change(VIEW), Actor(self.editor, "socket"))

        prepare = {"title": "One more", "change": VIEW}
        self.assert_rejected(self.do(self.contributor, "prepare", **prepare), 409, "is full")
        last = self.night.cues.latest("pk")
        self.do(self.broadcaster, "take_cue", cue=last.pk, version=1)
        self.assertEqual(self.do(self.contributor, "prepare", **prepare)[0], 201)

    def test_take_is_not_rejected_for_a_full_rundown(self):
        self.night.approval = "calls"
        self.night.save()
        for _ in range(rundown.MAX_CUES):
            for proposed in (False, True):
                actor = Actor(self.editor, "socket")
                rundown.add(self.night, parse_change(VIEW), actor, proposed=proposed)

        take = self.do(self.broadcaster, "take", change=calling("PA"))

        self.assertEqual(take[0], 202, take)
        self.assertEqual(self.do(self.broadcaster, "take", change=calling("PA")), take)

    def test_preparing_twice_with_one_client_id_makes_one_cue(self):
        first = self.do(self.contributor, "prepare", title="A", change=VIEW, client_id="p")
        again = self.do(self.contributor, "prepare", title="A", change=VIEW, client_id="p")
        other = self.do(self.contributor, "prepare", title="A", change=calling("PA"), client_id="p")

        self.assertEqual(first, again)
        self.assert_rejected(other, 409, "used for another cue")

    def test_rundown_has_the_reason_why_a_cue_cannot_be_taken(self):
        retract = {
            "kind": "correct",
            "corrects": 2,
            "reason": "Too early",
            "calls": {"president": {"AZ": {"status": "retracted"}}},
            "story": {"headline": "Not called"},
        }
        cue = self.cue(retract)
        self.assertIn("AZ is not called", self.listed(cue)["rejection"])
        publish(self.night, call("AZ"))
        self.assertIsNone(self.listed(cue)["rejection"])
        self.assert_rejected(
            self.do(self.broadcaster, "take_cue", cue=cue, version=1), 403, "correct calls"
        )
        self.assertEqual(self.do(self.editor, "take_cue", cue=cue, version=1)[0], 201)
        self.assertEqual(self.audited()[-1], ("editor", "corrected"))
        self.assertIn("update 2 was wrong: Too early", AuditEntry.objects.first().detail)

    def test_scheduling_requires_the_permission_to_take(self):
        scheduler = staff("scheduler")
        codenames = ("view_broadcast", "schedule_broadcast")
        scheduler.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        at = milliseconds(timezone.now()) + 60_000

        answer = self.do(scheduler, "schedule", cue=self.cue(), version=1, at=at)

        self.assert_rejected(answer, 403, "scheduler may not take updates on air")

    def test_contributor_cannot_change_a_scheduled_cue(self):
        cue = self.cue()
        at = milliseconds(timezone.now()) + 60_000
        schedule = {"cue": cue, "version": 1, "at": at}
        self.assert_rejected(self.do(self.contributor, "schedule", **schedule), 403, "may not")
        self.assert_rejected(self.do(self.broadcaster, "schedule", **schedule), 403, "may not")
        past = {**schedule, "at": at - 120_000}
        self.assert_rejected(self.do(self.editor, "schedule", **past), 409, "has passed")
        self.assertEqual(self.do(self.editor, "schedule", **schedule)[0], 200)
        self.assertEqual(
            (self.listed(cue)["due"], self.listed(cue)["scheduled_by"]), (at, "editor")
        )

        edit = {"cue": cue, "version": 1, "title": "x", "change": calling("TX")}
        self.assert_rejected(self.do(self.contributor, "edit", **edit), 409, "is scheduled")
        self.assert_rejected(self.do(self.contributor, "remove", cue=cue), 409, "is scheduled")
        self.assert_rejected(self.do(self.contributor, "unschedule", cue=cue), 403, "may not")
        self.assertEqual(self.do(self.broadcaster, "unschedule", cue=cue)[0], 200)
        self.assertIsNone(self.listed(cue)["due"])
        self.assert_rejected(self.do(self.broadcaster, "unschedule", cue=cue), 409, "not scheduled")
