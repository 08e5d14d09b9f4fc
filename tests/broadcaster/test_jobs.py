"""What happens by itself at its time, and only then, and once."""

from datetime import timedelta

from django.utils import timezone

from broadcaster import jobs, rundown
from broadcaster.history import milliseconds
from broadcaster.models import AuditEntry, Broadcast, Cue, Publication
from broadcaster.publishing import publish
from tests.broadcaster.test_desk import DeskCase, calling
from tests.changes import parse_change


class Due(DeskCase):
    def scheduled(self, change, ago=1.0):
        """A cue that the editor scheduled, and whose time was `ago` seconds ago."""
        cue = self.cue(change)
        at = milliseconds(timezone.now()) + 3_600_000
        self.assertEqual(self.do(self.editor, "schedule", cue=cue, version=1, at=at)[0], 200)
        Cue.objects.filter(pk=cue).update(due_at=timezone.now() - timedelta(seconds=ago))
        return cue

    def test_a_cue_goes_out_once_for_who_scheduled_it(self):
        cue = self.scheduled(calling("PA"))

        self.assertEqual((jobs.run_due(), jobs.run_due()), (1, 0))

        row = Publication.objects.get(cue=cue)
        self.assertEqual((row.seq, row.by), (2, self.editor))
        entry = AuditEntry.objects.first()
        self.assertEqual(
            (entry.action, entry.who, entry.via, entry.seq), ("took", "editor", "schedule", 2)
        )
        self.assertEqual(self.listed(cue)["taken"]["seq"], 2)

    def test_nothing_goes_out_before_its_time_or_within_the_grace(self):
        self.scheduled(calling("PA"), ago=-60)
        self.scheduled(calling("TX", "R"), ago=2)

        self.assertEqual(jobs.run_due(grace=5), 0)
        self.assertEqual(jobs.run_due(), 1)
        self.assertEqual(set(Broadcast.objects.get().state["calls"]), {"TX"})

    def test_what_was_cancelled_or_taken_by_hand_does_not_go_out(self):
        cancelled, taken = self.scheduled(calling("PA")), self.scheduled(calling("TX"))
        self.do(self.broadcaster, "unschedule", cue=cancelled)
        self.do(self.broadcaster, "take_cue", cue=taken, version=1)

        self.assertEqual(jobs.run_due(), 0)
        self.assertEqual(self.seq(), 2)

    def test_off_air_it_is_missed_aloud_and_not_sent_later_by_itself(self):
        self.do(self.editor, "take", change={"kind": "hold"})
        cue = self.scheduled(calling("PA"))

        jobs.run_due()
        self.do(self.editor, "take", change={"kind": "resume"})
        jobs.run_due()

        shown = self.listed(cue)
        self.assertIn("on hold", shown["missed"]["why"])
        self.assertIsNone(shown["due"])
        self.assertIsNone(shown["refusal"])
        refused = AuditEntry.objects.get(action="refused")
        self.assertEqual((refused.who, refused.via), ("editor", "schedule"))
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 201)
        self.assertIsNone(self.listed(cue)["missed"])

    def test_at_270_it_waits_for_a_second_person(self):
        publish(self.night, parse_change(calling("CA NY TX FL PA IL OH GA NC MI AZ")))
        cue = self.scheduled(calling("MN"))

        jobs.run_due()

        self.assertEqual(self.listed(cue)["asked"]["by"], "editor")
        self.assertRefused(self.do(self.editor, "confirm", cue=cue), 403, "somebody else")
        self.assertEqual((self.seq(), jobs.run_due()), (2, 0))

    def test_who_lost_the_right_since_does_not_publish_by_having_scheduled(self):
        cue = self.scheduled(calling("PA"))
        self.editor.is_active = False
        self.editor.save()

        jobs.run_due()

        self.assertIn("may not", self.listed(cue)["missed"]["why"])
        self.assertEqual(self.seq(), 1)

    def test_cues_of_one_moment_go_out_in_the_order_of_the_rundown(self):
        first, second = self.scheduled(calling("PA")), self.scheduled(calling("TX"))
        self.do(self.editor, "move", cue=second, before=first)
        Cue.objects.update(due_at=timezone.now())

        jobs.run_due()

        rows = Publication.objects.exclude(cue=None).order_by("seq")
        self.assertEqual([row.cue_id for row in rows], [second, first])


class Automatic(DeskCase):
    def plan(self, starts, ends, **more):
        now = timezone.now()
        return Broadcast.objects.create(
            slug="planned",
            title="Planned",
            starts_at=now + timedelta(seconds=starts),
            ends_at=now + timedelta(seconds=ends),
            **{"automatic": True} | more,
        )

    def phase(self, planned):
        jobs.run_due()
        jobs.run_due()
        planned.refresh_from_db()
        return planned.phase

    def test_a_broadcast_starts_and_ends_at_its_planned_times(self):
        planned = self.plan(-1, 3600)
        self.assertEqual(self.phase(planned), "live")
        planned.ends_at = timezone.now()
        planned.save()
        self.assertEqual(self.phase(planned), "ended")

        entries = AuditEntry.objects.filter(broadcast=planned).order_by("pk")
        self.assertEqual(
            [(e.who, e.action, e.via) for e in entries],
            [("schedule", "started", "schedule"), ("schedule", "ended", "schedule")],
        )

    def test_only_if_that_was_wished_for_and_not_when_it_would_be_over(self):
        for starts, ends, more in [
            (-1, 3600, {"automatic": False}),
            (60, 3600, {}),
            (-7200, -1, {}),
            (-1, 3600, {"archived_at": timezone.now()}),
        ]:
            with self.subTest(starts=starts, ends=ends, more=more):
                planned = self.plan(starts, ends, **more)
                self.assertEqual(self.phase(planned), "scheduled")
                planned.delete()

    def test_the_rundown_is_empty_of_it(self):
        self.assertEqual(rundown.listing(self.plan(-1, 3600)), [])
