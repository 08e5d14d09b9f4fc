"""The audit: entries about rejections, shortened input, and protection against changes."""

from django.db import transaction
from django.urls import reverse

from broadcaster.models import AuditEntry
from tests.support.desk import VIEW, DeskCase, calling


class AuditEntries(DeskCase):
    def post(self, body):
        address = reverse("admin:broadcaster_broadcast_command", args=[self.night.pk])
        return self.client.post(address, body, "application/json").json()

    def test_rejections_of_known_users_are_audited_with_the_error(self):
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

    def test_audited_input_is_shortened_and_made_storable(self):
        for field in ("\ud800\x00x", "x" * 50_000):
            status, _ = self.do(self.editor, "take", change={field: 1})
            self.assertEqual(status, 400)
        status, _ = self.do(self.editor, "\ud800\x00" + "x" * 50_000)

        self.assertEqual(status, 400)
        entries = AuditEntry.objects.order_by("pk")
        self.assertEqual(entries[0].detail, "take: ?x: unknown field")
        self.assertLess(max(len(entry.detail) for entry in entries), 200)

    def test_audit_entries_are_append_only(self):
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
