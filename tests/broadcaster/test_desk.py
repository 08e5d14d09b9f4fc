"""The desk's commands: taking, the rundown, the second person, and what the audit says."""

from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from broadcaster import rundown
from broadcaster.audit import Actor
from broadcaster.desk import perform
from broadcaster.history import log, milliseconds
from broadcaster.models import AuditEntry, Broadcast, Publication
from broadcaster.publishing import publish, start_over
from broadcaster.roles import BROADCASTER, CONTRIBUTOR, EDITOR
from tests.broadcaster.test_publishing import call
from tests.changes import parse_change
from tests.staff import staff

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
        return perform(self.night, {"command": command, **arguments}, actor)

    def cue(self, change=VIEW, title="Cue", user=None):
        status, answer = self.do(user or self.contributor, "prepare", title=title, change=change)
        self.assertEqual(status, 201, answer)
        return answer["cue"]

    def listed(self, cue):
        self.night.refresh_from_db()
        return next(shown for shown in rundown.listing(self.night) if shown["id"] == cue)

    def seq(self):
        self.night.refresh_from_db()
        return self.night.seq

    def audited(self):
        return [(entry.who, entry.action) for entry in AuditEntry.objects.order_by("pk")]

    def assertRefused(self, answer, status, words):
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words, answer[1]["error"])


class Taking(DeskCase):
    def test_a_take_is_on_the_log_and_in_the_audit(self):
        answer = self.do(self.broadcaster, "take", change=calling("PA"))

        self.assertEqual(answer, (201, {"epoch": self.night.epoch, "seq": 2}))
        entry = AuditEntry.objects.get()
        self.assertEqual(
            (entry.who, entry.action, entry.seq, entry.via, entry.address),
            ("broadcaster", "took", 2, "socket", "192.0.2.7"),
        )
        self.assertEqual(entry.detail, "update 2, PA called")
        newest = log(Broadcast.objects.get())[-1]
        self.assertEqual(
            (newest["by"], newest["via"], newest["cue"], newest["confirmed_by"]),
            ("broadcaster", "socket", None, None),
        )

    def test_who_may_not_is_refused_and_audited_with_what_was_tried(self):
        self.assertRefused(
            self.do(self.contributor, "take", change=calling("PA")), 403, "may not take"
        )
        self.assertRefused(
            self.do(self.broadcaster, "take", change={"kind": "end"}), 403, "may not"
        )

        entry = AuditEntry.objects.last()
        self.assertEqual(self.audited(), [("contributor", "refused"), ("broadcaster", "refused")])
        self.assertIn("PA called", entry.detail)
        self.assertEqual(self.seq(), 1)

    def test_what_would_change_nothing_is_answered(self):
        self.do(self.broadcaster, "take", change=calling("PA"))

        again = self.do(self.broadcaster, "take", change=calling("PA"))

        self.assertRefused(again, 409, "Nothing would change")
        self.assertEqual(self.seq(), 2)

    def test_the_same_client_id_is_one_update(self):
        first = self.do(self.broadcaster, "take", change=VIEW, client_id="one")
        again = self.do(self.broadcaster, "take", "console", change=VIEW, client_id="one")

        self.assertEqual(first, again)
        self.assertEqual(self.audited(), [("broadcaster", "took")])

    def test_off_air_it_is_refused_aloud(self):
        self.do(self.editor, "take", change={"kind": "end"})

        self.assertRefused(self.do(self.broadcaster, "take", change=VIEW), 409, "off air")
        self.assertEqual(self.audited(), [("editor", "ended"), ("broadcaster", "refused")])

    def test_wrong_commands_name_the_field(self):
        cue = self.cue()
        for data, field in [
            ({}, "command"),
            ({"command": "explode"}, "command"),
            ({"command": ["take"]}, "command"),
            ({"command": "take"}, "change"),
            ({"command": "take", "change": VIEW, "cue": cue}, "cue"),
            ({"command": "take", "change": VIEW, "client_id": 7}, "client_id"),
            ({"command": "take_cue", "cue": "1", "version": 1}, "cue"),
            ({"command": "take_cue", "cue": cue, "version": True}, "version"),
            ({"command": "take_cue", "cue": cue}, "version"),
            ({"command": "prepare", "title": " ", "change": VIEW}, "title"),
            ({"command": "prepare", "title": "x" * 121, "change": VIEW}, "title"),
            ({"command": "prepare", "title": "x", "change": {"calls": {}}}, "calls"),
            ({"command": "move", "cue": cue, "before": "last"}, "before"),
            ({"command": "schedule", "cue": cue, "version": 1, "at": 2**52}, "at"),
            ({"command": "schedule", "cue": cue, "version": 1, "at": "8 pm"}, "at"),
        ]:
            with self.subTest(data=data):
                status, answer = perform(self.night, data, Actor(self.editor, "socket"))
                self.assertEqual((status, answer.get("field")), (400, field), answer)
                refused = AuditEntry.objects.first()
                self.assertIn(f"{field}: {answer['error']}", refused.detail)
                self.assertEqual((refused.who, refused.action), ("editor", "refused"))

    def test_undo_restores_the_view_before_and_again_the_one_after(self):
        for focus in ("OH", "TX", "TX"):
            story = {"headline": f"To {focus}", "announce": "none"}
            self.do(self.broadcaster, "take", change={"view": {"focus": focus}})
            self.do(self.broadcaster, "take", change={"story": story})
        focuses = []
        for _ in range(2):
            self.assertEqual(self.do(self.broadcaster, "undo_view")[0], 201)
            self.night.refresh_from_db()
            focuses.append(self.night.state["view"]["focus"])

        self.assertEqual(focuses, ["OH", "TX"])
        self.assertEqual(self.audited()[-1], ("broadcaster", "undid"))
        self.assertEqual(self.night.state["story"]["headline"], "To TX")

    def test_the_first_view_can_be_undone_and_then_nothing(self):
        self.assertRefused(self.do(self.broadcaster, "undo_view"), 409, "no other view")
        self.do(self.broadcaster, "take", change=VIEW)

        first = self.do(self.broadcaster, "undo_view", client_id="u")
        again = self.do(self.broadcaster, "undo_view", client_id="u")

        self.assertEqual(first, again)
        self.assertEqual(Broadcast.objects.get().state["view"]["focus"], "US")
        self.assertRefused(self.do(self.contributor, "undo_view"), 403, "may not")


class Rundown(DeskCase):
    def test_a_prepared_cue_changes_nothing_until_it_is_taken(self):
        cue = self.cue(calling("PA"), "Pennsylvania")
        before = self.listed(cue)
        self.assertEqual(self.seq(), 1)

        answer = self.do(self.broadcaster, "take_cue", cue=cue, version=1)

        self.assertEqual(answer, (201, {"epoch": self.night.epoch, "seq": 2}))
        self.assertEqual(before["after"], {"D": 20, "R": 0, "uncalled": 518})
        self.assertIsNone(before["taken"])
        after = self.listed(cue)
        self.assertEqual((after["taken"]["by"], after["taken"]["seq"]), ("broadcaster", 2))
        self.assertIsNone(after["after"])
        self.assertEqual(log(self.night)[-1]["cue"], cue)
        self.assertEqual(self.audited(), [("contributor", "prepared"), ("broadcaster", "took")])

    def test_a_cue_is_taken_once_and_the_second_reads_by_whom(self):
        cue = self.cue()
        self.do(self.broadcaster, "take_cue", cue=cue, version=1, client_id="mine")

        second = self.do(self.editor, "take_cue", cue=cue, version=1, client_id="other")
        retry = self.do(self.broadcaster, "take_cue", cue=cue, version=1, client_id="mine")

        self.assertRefused(second, 409, "Already taken by broadcaster, update 2.")
        self.assertEqual((second[1]["seq"], retry[0], retry[1]["seq"]), (2, 201, 2))
        self.assertEqual(self.seq(), 2)

    def test_starting_over_makes_every_cue_ready_again(self):
        cue = self.cue()
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        start_over(self.night)
        self.do(self.editor, "take", change=START)

        self.assertIsNone(self.listed(cue)["taken"])
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 201)

    def test_a_cue_that_was_edited_is_not_taken_by_who_saw_it_before(self):
        cue = self.cue()
        edited = self.do(
            self.contributor, "edit", cue=cue, version=1, title="Texas", change=calling("TX", "R")
        )

        stale = self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        stale_edit = self.do(self.contributor, "edit", cue=cue, version=1, title="x", change=VIEW)

        self.assertEqual(edited, (200, {"cue": cue, "version": 2}))
        self.assertRefused(stale, 409, "edited meanwhile")
        self.assertRefused(stale_edit, 409, "edited meanwhile")
        self.assertEqual(stale[1]["version"], 2)
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=2)[0], 201)
        for command in ({"command": "remove"}, {"command": "edit", "version": 2, "title": "x"}):
            change = {"change": VIEW} if "title" in command else {}
            self.assertRefused(self.do(self.editor, cue=cue, **command, **change), 409, "Already")

    def test_cues_move_and_go(self):
        first, second, third = (self.cue(title=title) for title in "ABC")

        self.do(self.contributor, "move", cue=third, before=first)
        self.do(self.contributor, "move", cue=first, before=None)
        self.do(self.contributor, "remove", cue=second)

        shown = [cue["title"] for cue in rundown.listing(self.night)]
        self.assertEqual(shown, ["C", "A"])
        for command, more in [
            ("remove", {}),
            ("take_cue", {"version": 1}),
            ("move", {"before": None}),
        ]:
            self.assertRefused(
                self.do(self.editor, command, cue=second, **more), 404, "no such cue"
            )
        self.assertRefused(
            self.do(self.editor, "move", cue=first, before=second), 404, "no such cue"
        )
        other = Broadcast.objects.create(slug="other", title="Other", election=2020)
        answer = perform(other, {"command": "remove", "cue": first}, Actor(self.editor, "socket"))
        self.assertRefused(answer, 404, "no such cue")

    def test_a_rundown_has_an_end(self):
        for number in range(rundown.MAX_CUES):
            rundown.add(self.night, f"Cue {number}", parse_change(VIEW), by=self.editor)

        prepare = {"title": "One more", "change": VIEW}
        self.assertRefused(self.do(self.contributor, "prepare", **prepare), 409, "is full")
        last = self.night.cues.latest("pk")
        self.do(self.broadcaster, "take_cue", cue=last.pk, version=1)
        self.assertEqual(self.do(self.contributor, "prepare", **prepare)[0], 201)

    def test_preparing_twice_by_one_client_id_is_one_cue(self):
        first = self.do(self.contributor, "prepare", title="A", change=VIEW, client_id="p")
        again = self.do(self.contributor, "prepare", title="A", change=VIEW, client_id="p")
        other = self.do(self.contributor, "prepare", title="A", change=calling("PA"), client_id="p")

        self.assertEqual(first, again)
        self.assertRefused(other, 409, "used for another cue")

    def test_the_rundown_says_what_could_not_be_taken_now(self):
        retract = {
            "kind": "correct",
            "corrects": 2,
            "reason": "Too early",
            "calls": {"AZ": {"status": "retracted"}},
            "story": {"headline": "Not called"},
        }
        cue = self.cue(retract)
        self.assertIn("AZ is not called", self.listed(cue)["refusal"])
        publish(self.night, call("AZ"))
        self.assertIsNone(self.listed(cue)["refusal"])
        self.assertRefused(
            self.do(self.broadcaster, "take_cue", cue=cue, version=1), 403, "correct calls"
        )
        self.assertEqual(self.do(self.editor, "take_cue", cue=cue, version=1)[0], 201)
        self.assertEqual(self.audited()[-1], ("editor", "corrected"))
        self.assertIn("update 2 was wrong: Too early", AuditEntry.objects.first().detail)

    def test_who_schedules_may_take_it_then(self):
        scheduler = staff("scheduler")
        codenames = ("view_broadcast", "schedule_broadcast")
        scheduler.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        at = milliseconds(timezone.now()) + 60_000

        answer = self.do(scheduler, "schedule", cue=self.cue(), version=1, at=at)

        self.assertRefused(answer, 403, "scheduler may not take updates on air")

    def test_who_only_prepares_does_not_schedule_or_touch_what_is_scheduled(self):
        cue = self.cue()
        at = milliseconds(timezone.now()) + 60_000
        schedule = {"cue": cue, "version": 1, "at": at}
        self.assertRefused(self.do(self.contributor, "schedule", **schedule), 403, "may not")
        self.assertRefused(self.do(self.broadcaster, "schedule", **schedule), 403, "may not")
        past = {**schedule, "at": at - 120_000}
        self.assertRefused(self.do(self.editor, "schedule", **past), 409, "has passed")
        self.assertEqual(self.do(self.editor, "schedule", **schedule)[0], 200)
        self.assertEqual(
            (self.listed(cue)["due"], self.listed(cue)["scheduled_by"]), (at, "editor")
        )

        edit = {"cue": cue, "version": 1, "title": "x", "change": calling("TX")}
        self.assertRefused(self.do(self.contributor, "edit", **edit), 409, "is scheduled")
        self.assertRefused(self.do(self.contributor, "remove", cue=cue), 409, "is scheduled")
        self.assertRefused(self.do(self.contributor, "unschedule", cue=cue), 403, "may not")
        self.assertEqual(self.do(self.broadcaster, "unschedule", cue=cue)[0], 200)
        self.assertIsNone(self.listed(cue)["due"])
        self.assertRefused(self.do(self.broadcaster, "unschedule", cue=cue), 409, "not scheduled")


class SecondPerson(DeskCase):
    NEARLY = "CA NY TX FL PA IL OH GA NC MI AZ"

    def setUp(self):
        publish(self.night, parse_change(calling(self.NEARLY)))
        self.night.refresh_from_db()
        self.assertEqual(self.night.state["totals"]["D"], 267)

    def test_crossing_270_waits_for_somebody_else(self):
        status, answer = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")

        self.assertEqual(status, 202)
        self.assertIn("second person", answer["waiting"])
        self.assertEqual(self.seq(), 2)
        cue = answer["cue"]
        shown = self.listed(cue)
        self.assertEqual((shown["asked"]["by"], shown["crosses"]), ("broadcaster", True))
        again = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")
        self.assertEqual(again, (202, answer))
        self.assertRefused(self.do(self.broadcaster, "confirm", cue=cue), 403, "may not confirm")

        confirmed = self.do(self.editor, "confirm", cue=cue, client_id="yes")

        self.assertEqual((confirmed[0], confirmed[1]["seq"]), (201, 3))
        row = Publication.objects.get(seq=3)
        self.assertEqual((row.by, row.confirmed_by), (self.broadcaster, self.editor))
        self.assertEqual(
            self.audited(),
            [("broadcaster", "asked"), ("broadcaster", "refused"), ("editor", "confirmed")],
        )
        detail = AuditEntry.objects.first().detail
        self.assertEqual(detail, "update 3, MN called, which broadcaster took")
        self.assertEqual(self.do(self.editor, "confirm", cue=cue, client_id="yes"), confirmed)
        late = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")
        self.assertEqual(late, confirmed)

    def test_who_took_it_cannot_confirm_it_with_any_right(self):
        cue = self.cue(calling("MN"))
        self.assertEqual(self.do(self.editor, "take_cue", cue=cue, version=1)[0], 202)

        self.assertRefused(self.do(self.editor, "confirm", cue=cue), 403, "somebody else")
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 202)
        self.assertRefused(self.do(self.editor, "confirm", cue=cue), 403, "somebody else")
        edit = {"cue": cue, "version": 1, "title": "x", "change": calling("WI")}
        self.assertRefused(self.do(self.contributor, "edit", **edit), 409, "waits")
        self.assertRefused(self.do(self.contributor, "remove", cue=cue), 409, "waits")
        self.assertEqual(self.seq(), 2)

    def test_it_can_be_declined_and_asked_for_again(self):
        cue = self.cue(calling("MN"))
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)

        self.assertRefused(self.do(self.contributor, "decline", cue=cue), 403, "may not")
        self.assertEqual(self.do(self.editor, "decline", cue=cue), (200, {}))
        self.assertIsNone(self.listed(cue)["asked"])
        self.assertRefused(self.do(self.editor, "confirm", cue=cue), 409, "Nobody waits")
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        self.assertEqual(self.do(self.broadcaster, "decline", cue=cue), (200, {}))

    def test_what_became_known_meanwhile_is_not_confirmed_again(self):
        cue = self.cue(calling("MN"))
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        publish(self.night, parse_change(calling("MN")))

        self.assertRefused(self.do(self.editor, "confirm", cue=cue), 409, "Nothing would change")
        self.assertEqual(self.do(self.editor, "decline", cue=cue)[0], 200)

    def test_the_way_down_and_calls_above_wait_for_nobody(self):
        publish(self.night, parse_change(calling("MN")))
        retract = {
            "kind": "correct",
            "corrects": 3,
            "reason": "Wrong",
            "calls": {"MN": {"status": "retracted"}},
            "story": {"headline": "MN is not called"},
        }

        self.assertEqual(self.do(self.broadcaster, "take", change=calling("OR"))[0], 201)
        self.assertEqual(self.do(self.editor, "take", change=retract)[0], 201)

    def test_the_rule_of_the_broadcast_decides(self):
        self.night.second_person = "calls"
        self.night.save()
        self.assertEqual(self.do(self.broadcaster, "take", change=calling("VT"))[0], 202)
        self.assertEqual(self.do(self.broadcaster, "take", change=VIEW)[0], 201)
        self.night.second_person = "never"
        self.night.save()
        self.assertEqual(self.do(self.broadcaster, "take", change=calling("MN"))[0], 201)

    def test_what_can_not_go_out_is_refused_before_anybody_is_asked(self):
        self.do(self.editor, "take", change={"kind": "hold"})

        self.assertRefused(self.do(self.broadcaster, "take", change=calling("MN")), 409, "on hold")
        self.assertEqual(rundown.listing(self.night), [])


class Audit(DeskCase):
    def post(self, body):
        address = reverse("admin:broadcaster_broadcast_command", args=[self.night.pk])
        return self.client.post(address, body, "application/json").json()

    def test_it_has_every_refusal_of_somebody_known_as_they_read_it(self):
        calls = {"calls": calling("PA")["calls"]}
        self.client.force_login(self.broadcaster)
        for body, words in [
            ({"command": "take", "change": calls}, "take: story.headline: a call needs a headline"),
            ({"command": "remove", "cue": 7}, "remove: There is no such cue in this rundown"),
            ("{", "body: is not JSON"),
        ]:
            answer = self.post(body)

            entry = AuditEntry.objects.first()
            self.assertEqual((entry.who, entry.action), ("broadcaster", "refused"))
            self.assertIn(words, entry.detail)
            self.assertIn(answer["error"], entry.detail)
            self.assertEqual((entry.via, entry.address), ("console", "127.0.0.1"))
        self.client.logout()
        for body in ({"command": "undo_view"}, "{"):
            self.assertIn("error", self.post(body))
        self.assertEqual(AuditEntry.objects.count(), 3)

    def test_what_comes_from_outside_is_short_there_and_can_be_stored(self):
        for field in ("\ud800\x00x", "x" * 50_000):
            status, _ = self.do(self.editor, "take", change={field: 1})
            self.assertEqual(status, 400)
        status, _ = self.do(self.editor, "\ud800\x00" + "x" * 50_000)

        self.assertEqual(status, 400)
        entries = AuditEntry.objects.order_by("pk")
        self.assertEqual(entries[0].detail, "take: ?x: is not known here")
        self.assertLess(max(len(entry.detail) for entry in entries), 200)

    def test_it_cannot_be_changed_from_code(self):
        self.do(self.broadcaster, "take", change=VIEW)
        entry = AuditEntry.objects.get()

        for change in (
            entry.save,
            entry.delete,
            AuditEntry.objects.all().delete,
            lambda: AuditEntry.objects.update(who="somebody else"),
            lambda: AuditEntry.objects.bulk_update([entry], ["who"]),
            lambda: self.night.audit.all().delete(),
        ):
            with self.assertRaisesMessage(TypeError, "append-only"), transaction.atomic():
                change()
        self.assertEqual(AuditEntry.objects.get().who, "broadcaster")
