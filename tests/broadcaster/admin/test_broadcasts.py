"""The admin's pages for broadcasts."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing import publish as gate
from broadcaster.publishing.actor import Actor
from tests.support.changes import parse_change
from tests.support.contests import CHOSEN, president
from tests.support.log import publish

FORM = {"listed": "on", "approval": "wins"}


class AdminCase(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_superuser("chief")
        self.client.force_login(self.user)

    def page(self, name, *args):
        return self.client.get(reverse(f"admin:broadcaster_{name}", args=args))

    def act(self, action, *broadcasts, **more):
        """Run an action on the list of broadcasts."""
        data = {"action": action, "_selected_action": [one.pk for one in broadcasts], **more}
        address = reverse("admin:broadcaster_broadcast_changelist")
        return self.client.post(address, data, follow=True)

    def save(self, broadcast, **changed):
        """Post the form of a broadcast."""
        address = reverse("admin:broadcaster_broadcast_change", args=[broadcast.pk])
        chosen = CHOSEN | {"chosen_1": broadcast.show.contests["president"].id}
        form = {"title": broadcast.title, "slug": broadcast.slug, **chosen, **FORM}
        return self.client.post(address, form | changed)

    def audited(self, broadcast):
        return [
            (entry.who, entry.action, entry.via)
            for entry in AuditEntry.objects.filter(broadcast_id=broadcast.pk).order_by("pk")
        ]


class BroadcastPages(AdminCase):
    def test_new_broadcast_is_off_air_and_links_to_its_console(self):
        form = {"title": "Primary", "slug": "primary", **CHOSEN, **FORM}
        self.client.post(
            reverse("admin:broadcaster_broadcast_add"),
            form | {"starts_at_0": "2028-11-07", "starts_at_1": "19:00"},
        )

        broadcast = Broadcast.objects.get()
        self.assertEqual((broadcast.phase, broadcast.seq), ("scheduled", 0))
        self.assertEqual(broadcast.state.totals["president"]["uncalled"], 538)
        console = reverse("admin:broadcaster_broadcast_console", args=[broadcast.pk])
        self.assertContains(self.page("broadcast_changelist"), console)
        self.assertContains(self.page("broadcast_change", broadcast.pk), console)
        self.assertEqual(self.client.get(console).status_code, 200)

    def test_title_has_no_characters_that_cannot_be_drawn(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        for changed in ({"title": "a\x01b"}, {"title": "a\uffffb"}, {"source": "\ufffe"}):
            response = self.save(broadcast, **changed)
            self.assertContains(response, "This text has")

    def test_time_that_cannot_be_read_again_is_rejected(self):
        """Python's last day ends after the year 9999 in UTC, as PostgreSQL returns it."""
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        for name in ("starts_at", "ends_at"):
            for day in ("9999-12-31", "2100-01-02", "0001-01-01", "1969-12-30"):
                at = {f"{name}_0": day, f"{name}_1": "23:59"}
                self.assertContains(self.save(broadcast, **at), "not between the years")

    def test_contests_and_slug_of_a_published_broadcast_cannot_be_changed(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(broadcast, parse_change({"kind": "start"}))

        self.client.post(
            reverse("admin:broadcaster_broadcast_change", args=[broadcast.pk]),
            {"title": "Late night", "slug": "other", **CHOSEN, **FORM},
        )

        broadcast.refresh_from_db()
        self.assertEqual(
            (broadcast.title, broadcast.slug, broadcast.contests),
            ("Late night", "night", president(2020)),
        )
        self.assertEqual(broadcast.seq, 1)

    def test_deleted_broadcast_stays_in_the_audit(self):
        broadcast = Broadcast.objects.create(slug="draft", title="Draft", contests=president(2020))
        deleted = Broadcast(pk=broadcast.pk)

        self.act("delete_selected", broadcast, post="yes")

        self.assertFalse(Broadcast.objects.exists())
        self.assertEqual(self.audited(deleted), [("chief", "changed", "admin")])
        self.assertContains(self.page("auditentry_changelist"), "deleted Draft")
        entry = AuditEntry.objects.get()
        self.assertEqual(self.page("auditentry_change", entry.pk).status_code, 200)

    def test_archived_broadcast_is_not_listed_and_cannot_start(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(broadcast, parse_change({"kind": "start"}))
        other = Broadcast.objects.create(
            slug="other", title="Other night", contests=president(2020)
        )

        page = self.act("archive", broadcast, other)

        self.assertContains(page, "Night is on air, so it was not archived")
        self.assertContains(page, "Other night: archived")
        front = self.client.get("/").content.decode()
        self.assertNotIn("Other night", front)
        self.assertIn("Night", front)
        console = reverse("admin:broadcaster_broadcast_command", args=[other.pk])
        start = {"command": "take", "change": {"kind": "start"}}
        rejected = self.client.post(console, start, "application/json")
        self.assertEqual(rejected.status_code, 409)
        self.assertIn("archived", rejected.json()["error"])
        self.act("restore", other)
        self.assertContains(self.client.get("/"), "Other night")
        self.assertEqual(
            self.audited(other),
            [
                ("chief", "archived", "admin"),
                ("chief", "refused", "console"),
                ("chief", "restored", "admin"),
            ],
        )
        self.assertEqual(self.audited(broadcast), [("chief", "refused", "admin")])

    def test_form_changes_are_audited_with_old_and_new_values(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))

        self.save(broadcast, title="Late night", approval="never", source="AP")

        detail = AuditEntry.objects.get().detail
        self.assertEqual(self.audited(broadcast), [("chief", "changed", "admin")])
        for words in (
            "Title: Night → Late night",
            "wins → never",
            "Source of calls: nothing → AP",
        ):
            self.assertIn(words, detail)

    def test_history_shows_the_audit_of_its_broadcast_only(self):
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        other = Broadcast.objects.create(slug="other", title="Other", contests=president(2020))
        for broadcast, headline in ((night, "Good evening"), (other, "Elsewhere")):
            start = parse_change({"kind": "start", "story": {"headline": headline}})
            gate.publish(broadcast, start, Actor(None, "schedule"))

        address = reverse("admin:broadcaster_broadcast_history", args=[night.pk])
        history = self.client.get(address, follow=True)

        self.assertContains(history, "Good evening")
        self.assertNotContains(history, "Elsewhere")
        self.assertEqual(self.page("broadcast_history", 999).status_code, 404)

    def test_form_rejects_a_planned_start_that_has_passed(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        past = {"starts_at_0": "2020-11-03", "starts_at_1": "19:00"}

        self.assertContains(self.save(broadcast, **past), "This time has passed.")

        late = timezone.make_aware(datetime(2020, 11, 3, 19))
        Broadcast.objects.filter(pk=broadcast.pk).update(starts_at=late)
        self.save(broadcast, **past, title="Late")  # the time stays as it is
        self.assertEqual(Broadcast.objects.get().title, "Late")

    def test_form_rejects_contradictory_planned_times(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        late = {"starts_at_0": "2028-11-07", "starts_at_1": "19:00"}
        early = {"ends_at_0": "2028-11-07", "ends_at_1": "18:00"}

        self.assertContains(
            self.save(broadcast, **late, **early), "The planned end is before the planned start."
        )
        self.assertContains(self.save(broadcast, automatic="on"), "There is no planned time yet")
        publish(broadcast, parse_change({"kind": "start"}))
        past = {"ends_at_0": "2020-11-04", "ends_at_1": "03:00"}
        self.assertContains(
            self.save(broadcast, automatic="on", **past), "This would end it at once"
        )
        self.assertEqual(self.save(broadcast, automatic="on", **late).status_code, 302)

    def test_broadcast_cannot_become_a_rehearsal(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))

        self.save(broadcast, rehearsal="on")

        self.assertFalse(Broadcast.objects.get().rehearsal)
