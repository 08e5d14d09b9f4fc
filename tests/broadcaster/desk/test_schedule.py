"""The schedule: due cues and automatic broadcasts are published once, at their time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.desk import rundown, schedule, state
from broadcaster.desk.commands import execute
from broadcaster.desk.permissions import EDITOR
from broadcaster.models import AuditEntry, Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.history import milliseconds
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.desk import DeskCase, calling
from tests.support.log import publish
from tests.support.staff import staff


class DueCues(DeskCase):
    def scheduled(self, change, ago=1.0):
        """Return a cue that the editor scheduled, due `ago` seconds ago."""
        cue = self.cue(change)
        at = milliseconds(timezone.now()) + 3_600_000
        self.assertEqual(self.do(self.editor, "schedule", cue=cue, version=1, at=at)[0], 200)
        Cue.objects.filter(pk=cue).update(due_at=timezone.now() - timedelta(seconds=ago))
        return cue

    def test_due_cue_is_published_once_for_its_scheduler(self):
        cue = self.scheduled(calling("PA"))

        self.assertEqual((schedule.run_due(), schedule.run_due()), (1, 0))

        row = Publication.objects.get(cue=cue)
        self.assertEqual((row.seq, row.by), (2, self.editor))
        entry = AuditEntry.objects.first()
        self.assertEqual(
            (entry.action, entry.who, entry.via, entry.seq), ("took", "editor", "schedule", 2)
        )
        self.assertEqual(self.listed(cue)["taken"]["seq"], 2)

    def test_cue_is_not_published_before_its_time_or_within_the_grace(self):
        self.scheduled(calling("PA"), ago=-60)
        self.scheduled(calling("TX", "R"), ago=2)

        self.assertEqual(schedule.run_due(grace=5), 0)
        self.assertEqual(schedule.run_due(), 1)
        self.assertEqual(set(Broadcast.objects.get().state.calls["president"]), {"TX"})

    def test_cancelled_or_taken_cue_is_not_published_when_due(self):
        cancelled, taken = self.scheduled(calling("PA")), self.scheduled(calling("TX"))
        self.do(self.broadcaster, "unschedule", cue=cancelled)
        self.do(self.broadcaster, "take_cue", cue=taken, version=1)

        self.assertEqual(schedule.run_due(), 0)
        self.assertEqual(self.seq(), 2)

    def test_cue_due_on_hold_is_marked_as_missed_and_not_retried(self):
        self.do(self.editor, "take", change={"kind": "hold"})
        cue = self.scheduled(calling("PA"))

        schedule.run_due()
        self.do(self.editor, "take", change={"kind": "resume"})
        schedule.run_due()

        shown = self.listed(cue)
        self.assertIn("on hold", shown["missed"]["why"])
        self.assertIsNone(shown["due"])
        self.assertIsNone(shown["rejection"])
        refused = AuditEntry.objects.get(action="refused")
        self.assertEqual((refused.who, refused.via), ("editor", "schedule"))
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 201)
        self.assertIsNone(self.listed(cue)["missed"])

    def test_due_cue_that_crosses_270_waits_for_approval(self):
        publish(self.night, parse_change(calling("CA NY TX FL PA IL OH GA NC MI AZ")))
        cue = self.scheduled(calling("MN"))

        schedule.run_due()

        self.assertEqual(self.listed(cue)["asked"]["by"], "editor")
        self.assert_rejected(
            self.do(self.editor, "confirm", cue=cue, version=1), 403, "somebody else"
        )
        self.assertEqual((self.seq(), schedule.run_due()), (2, 0))

    def test_due_cue_of_a_deactivated_scheduler_is_missed(self):
        cue = self.scheduled(calling("PA"))
        self.editor.is_active = False
        self.editor.save()

        schedule.run_due()

        self.assertIn("may not", self.listed(cue)["missed"]["why"])
        self.assertEqual(self.seq(), 1)

    def test_cues_due_at_the_same_time_are_published_in_the_order_of_the_rundown(self):
        first, second = self.scheduled(calling("PA")), self.scheduled(calling("TX"))
        self.do(self.editor, "move", cue=second, before=first)
        Cue.objects.update(due_at=timezone.now())

        schedule.run_due()

        rows = Publication.objects.exclude(cue=None).order_by("seq")
        self.assertEqual([row.cue_id for row in rows], [second, first])


class AutomaticBroadcasts(DeskCase):
    def plan(self, starts, ends, **more):
        now = timezone.now()
        return Broadcast.objects.create(
            slug="planned",
            title="Planned",
            starts_at=now + timedelta(seconds=starts),
            ends_at=now + timedelta(seconds=ends),
            **{"automatic": True} | more,
            contests=president(2020),
        )

    def phase(self, planned):
        schedule.run_due()
        schedule.run_due()
        planned.refresh_from_db()
        return planned.phase

    def test_broadcast_starts_and_ends_at_its_planned_times(self):
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

    def test_broadcast_that_is_not_automatic_or_not_due_does_not_start(self):
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

    def test_automatic_start_is_not_in_the_rundown(self):
        self.assertEqual(state.rundown(self.plan(-1, 3600))["cues"], [])


class ConcurrentTakes(TransactionTestCase):
    """Worker, serving processes and users act at the same time."""

    def setUp(self):
        self.editor = staff("editor", EDITOR)
        self.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(self.night, parse_change({"kind": "start"}))

    def run_concurrently(self, act):
        """Call `act` in eight threads at once, with their numbers, and return its results."""

        def one(number):
            try:
                return act(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, range(8)))

    def cue(self, change, **more):
        return rundown.add(
            self.night, parse_change(change), Actor(self.editor, "socket"), "Cue", **more
        )

    def test_due_cues_are_published_once_by_concurrent_runs_and_takes(self):
        due = {"due_at": timezone.now(), "scheduled_by": self.editor}
        cues = [self.cue(calling(unit), **due) for unit in ("PA", "TX", "OH")]
        take = {"command": "take_cue", "cue": cues[1].pk, "version": 1}

        def act(number):
            if number % 4:
                return schedule.run_due()
            return execute(self.night, take, Actor(self.editor, "socket"))[0]

        self.run_concurrently(act)

        rows = Publication.objects.exclude(cue=None)
        self.assertEqual(sorted(row.cue_id for row in rows), [cue.pk for cue in cues])
        self.assertEqual(AuditEntry.objects.filter(action="took").count(), 3)
        self.assertFalse(Cue.objects.exclude(missed="").exists())

    def test_concurrent_takes_of_one_cue_publish_once(self):
        cue = self.cue(calling("PA"))
        take = {"command": "take_cue", "cue": cue.pk, "version": 1}

        answers = self.run_concurrently(
            lambda _: execute(self.night, take, Actor(self.editor, "socket"))
        )

        self.assertEqual(sorted(int(status) for status, _ in answers), [201] + [409] * 7)
        refused = {body["error"] for status, body in answers if status == 409}
        self.assertEqual(refused, {"Already taken by editor, update 2."})
        self.assertEqual(AuditEntry.objects.filter(action="refused").count(), 7)

    def test_concurrent_takes_with_one_client_id_make_one_waiting_cue(self):
        self.night.approval = "calls"
        self.night.save()
        take = {"command": "take", "change": calling("PA"), "client_id": "one"}

        answers = self.run_concurrently(
            lambda _: execute(self.night, take, Actor(self.editor, "socket"))
        )

        self.assertEqual({int(status) for status, _ in answers}, {202})
        self.assertEqual(Cue.objects.count(), 1)

    def test_cues_prepared_concurrently_get_different_ranks(self):
        prepare = {"command": "prepare", "title": "Cue", "change": calling("PA")}

        self.run_concurrently(lambda _: execute(self.night, prepare, Actor(self.editor, "socket")))

        ranks = [cue.rank for cue in Cue.objects.all()]
        self.assertEqual(ranks, list(range(1, 9)))
