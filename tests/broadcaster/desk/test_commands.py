"""The desk's commands: taking, undoing, what is wrong with them, and what the audit says."""

from django.db import transaction
from django.urls import reverse

from broadcaster.desk.commands import execute
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.history import desk_log
from tests.support.desk import VIEW, DeskCase, calling


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
        newest = desk_log(Broadcast.objects.get())[-1]
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
                status, answer = execute(self.night, data, Actor(self.editor, "socket"))
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
            focuses.append(self.night.state.to_dict()["view"]["focus"])

        self.assertEqual(focuses, ["OH", "TX"])
        self.assertEqual(self.audited()[-1], ("broadcaster", "undid"))
        self.assertEqual(self.night.state.to_dict()["story"]["headline"], "To TX")

    def test_the_first_view_can_be_undone_and_then_nothing(self):
        self.assertRefused(self.do(self.broadcaster, "undo_view"), 409, "no other view")
        self.do(self.broadcaster, "take", change=VIEW)

        first = self.do(self.broadcaster, "undo_view", client_id="u")
        again = self.do(self.broadcaster, "undo_view", client_id="u")

        self.assertEqual(first, again)
        self.assertEqual(Broadcast.objects.get().state.to_dict()["view"]["focus"], "US")
        self.assertRefused(self.do(self.contributor, "undo_view"), 403, "may not")


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
        self.assertEqual(entries[0].detail, "take: ?x: unknown field")
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
