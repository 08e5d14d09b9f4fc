"""The admin's own pages: what can be made and changed there, and what cannot."""

import csv
import io

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from broadcaster.domain.parsing import parse_change
from broadcaster.models import ApiToken, AuditEntry, Broadcast, Publication
from broadcaster.publishing import publish as gate
from broadcaster.publishing.actor import Actor
from tests.support.log import publish

FORM = {"listed": "on", "second_person": "270"}


class Admin(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_superuser("chief")
        self.client.force_login(self.user)

    def page(self, name, *args):
        return self.client.get(reverse(f"admin:broadcaster_{name}", args=args))

    def act(self, action, *broadcasts, **more):
        """Do an action of the list of broadcasts."""
        data = {"action": action, "_selected_action": [one.pk for one in broadcasts], **more}
        address = reverse("admin:broadcaster_broadcast_changelist")
        return self.client.post(address, data, follow=True)

    def save(self, broadcast, **changed):
        """Post the form of a broadcast."""
        address = reverse("admin:broadcaster_broadcast_change", args=[broadcast.pk])
        form = {"title": broadcast.title, "slug": broadcast.slug, **FORM}
        return self.client.post(address, form | changed)

    def audited(self, broadcast):
        return [
            (entry.who, entry.action, entry.via)
            for entry in AuditEntry.objects.filter(broadcast_id=broadcast.pk).order_by("pk")
        ]

    def test_a_broadcast_is_made_off_air_and_leads_to_its_console(self):
        form = {"title": "Primary", "slug": "primary", "election": 2024, **FORM}
        self.client.post(
            reverse("admin:broadcaster_broadcast_add"),
            form | {"starts_at_0": "2028-11-07", "starts_at_1": "19:00"},
        )

        broadcast = Broadcast.objects.get()
        self.assertEqual((broadcast.phase, broadcast.seq), ("scheduled", 0))
        self.assertEqual(broadcast.state.totals, {"D": 0, "R": 0, "uncalled": 538})
        console = reverse("admin:broadcaster_broadcast_console", args=[broadcast.pk])
        self.assertContains(self.page("broadcast_changelist"), console)
        self.assertContains(self.page("broadcast_change", broadcast.pk), console)
        self.assertEqual(self.client.get(console).status_code, 200)

    def test_the_election_of_a_broadcast_stays_and_so_does_the_address_of_a_log(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        publish(broadcast, parse_change({"kind": "start"}))

        self.client.post(
            reverse("admin:broadcaster_broadcast_change", args=[broadcast.pk]),
            {"title": "Late night", "slug": "other", "election": 2024, **FORM},
        )

        broadcast.refresh_from_db()
        self.assertEqual(
            (broadcast.title, broadcast.slug, broadcast.election), ("Late night", "night", 2020)
        )
        self.assertEqual(broadcast.seq, 1)

    def test_what_was_published_can_be_read_and_nothing_else(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        change = {"kind": "start", "story": {"headline": "Good evening"}}
        publication = publish(broadcast, parse_change(change), by=self.user)
        address = reverse("admin:broadcaster_publication_change", args=[publication.pk])

        self.assertContains(self.page("publication_changelist"), "Good evening")
        self.assertEqual(self.client.get(address).status_code, 200)
        self.assertEqual(self.client.post(address, {"seq": 9}).status_code, 403)
        delete = reverse("admin:broadcaster_publication_delete", args=[publication.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
        self.assertEqual(self.page("publication_add").status_code, 403)
        broadcast_delete = reverse("admin:broadcaster_broadcast_delete", args=[broadcast.pk])
        self.assertEqual(self.client.post(broadcast_delete, {"post": "yes"}).status_code, 403)
        self.act("delete_selected", broadcast, post="yes")
        self.assertEqual(Publication.objects.get().seq, 1)

    def test_a_broadcast_without_updates_can_be_deleted_and_the_audit_outlives_it(self):
        broadcast = Broadcast.objects.create(slug="draft", title="Draft")
        kept = Broadcast(pk=broadcast.pk)

        self.act("delete_selected", broadcast, post="yes")

        self.assertFalse(Broadcast.objects.exists())
        self.assertEqual(self.audited(kept), [("chief", "changed", "admin")])
        self.assertContains(self.page("auditentry_changelist"), "deleted Draft")
        entry = AuditEntry.objects.get()
        self.assertEqual(self.page("auditentry_change", entry.pk).status_code, 200)

    def test_a_broadcast_is_archived_off_the_front_page_and_off_the_air(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        publish(broadcast, parse_change({"kind": "start"}))
        other = Broadcast.objects.create(slug="other", title="Other night")

        page = self.act("archive", broadcast, other)

        self.assertContains(page, "Night is on air, so it was not archived")
        self.assertContains(page, "Other night: archived")
        front = self.client.get("/").content.decode()
        self.assertNotIn("Other night", front)
        self.assertIn("Night", front)
        console = reverse("admin:broadcaster_broadcast_command", args=[other.pk])
        start = {"command": "take", "change": {"kind": "start"}}
        refused = self.client.post(console, start, "application/json")
        self.assertEqual(refused.status_code, 409)
        self.assertIn("archived", refused.json()["error"])
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

    def test_what_the_form_changes_is_in_the_audit_from_what_to_what(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)

        self.save(broadcast, title="Late night", second_person="never", source="AP")

        detail = AuditEntry.objects.get().detail
        self.assertEqual(self.audited(broadcast), [("chief", "changed", "admin")])
        for words in ("Title: Night → Late night", "270 → never", "Source of calls: nothing → AP"):
            self.assertIn(words, detail)

    def test_the_history_of_a_broadcast_is_what_the_audit_has_of_it(self):
        night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        other = Broadcast.objects.create(slug="other", title="Other", election=2020)
        for broadcast, headline in ((night, "Good evening"), (other, "Elsewhere")):
            start = parse_change({"kind": "start", "story": {"headline": headline}})
            gate.publish(broadcast, start, Actor(None, "schedule"))

        address = reverse("admin:broadcaster_broadcast_history", args=[night.pk])
        history = self.client.get(address, follow=True)

        self.assertContains(history, "Good evening")
        self.assertNotContains(history, "Elsewhere")
        self.assertEqual(self.page("broadcast_history", 999).status_code, 404)

    def test_planned_times_must_make_sense(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
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

    def test_a_rehearsal_is_one_from_the_start(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)

        self.save(broadcast, rehearsal="on")

        self.assertFalse(Broadcast.objects.get().rehearsal)

    def test_the_audit_is_filtered_and_exported_as_it_is_filtered(self):
        night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        other = Broadcast.objects.create(slug="other", title="Other", election=2020)
        for broadcast, headline in ((night, "=1+1, “quoted”"), (other, "Elsewhere")):
            gate.publish(
                broadcast, parse_change({"kind": "start"}), Actor(self.user, "socket", "::1")
            )
            story = {"story": {"headline": headline}}
            gate.publish(broadcast, parse_change(story), Actor(None, "command"))
        wanted = f"?broadcast__id__exact={night.pk}&action__exact=took"

        page = self.client.get(reverse("admin:broadcaster_auditentry_changelist") + wanted)
        export = self.client.get(reverse("admin:broadcaster_auditentry_export") + wanted)

        self.assertContains(page, "quoted")
        self.assertNotContains(page, "Elsewhere")
        self.assertContains(page, reverse("admin:broadcaster_auditentry_export"))
        rows = list(csv.DictReader(io.StringIO(export.content.decode())))
        self.assertEqual(
            [(row["who"], row["action"], row["broadcast"], row["seq"]) for row in rows],
            [("command line", "took", "night", "2")],
        )
        self.assertIn("“quoted”", rows[0]["detail"])
        everything = self.client.get(reverse("admin:broadcaster_auditentry_export"))
        self.assertEqual(len(everything.content.splitlines()), 5)

    def test_the_audit_cannot_be_changed_in_the_admin(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        gate.publish(broadcast, parse_change({"kind": "start"}), Actor(self.user, "socket"))
        entry = AuditEntry.objects.get()

        for name in ("change", "delete"):
            address = reverse(f"admin:broadcaster_auditentry_{name}", args=[entry.pk])
            self.assertEqual(self.client.post(address, {"who": "x"}).status_code, 403)
        self.assertEqual(self.page("auditentry_add").status_code, 403)
        self.assertNotContains(self.page("auditentry_changelist"), "delete_selected")

    def test_a_token_can_be_revoked_but_never_read(self):
        ApiToken.issue(self.user, "feed")
        token = ApiToken.objects.get()
        self.assertNotContains(self.page("apitoken_changelist"), token.digest)

        self.client.post(
            reverse("admin:broadcaster_apitoken_changelist"),
            {"action": "revoke", "_selected_action": [token.pk]},
        )

        token.refresh_from_db()
        self.assertIsNotNone(token.revoked_at)
        entry = AuditEntry.objects.get()
        self.assertEqual((entry.who, entry.action, entry.via), ("chief", "changed", "admin"))
        self.assertIn("revoked the API token chief", entry.detail)
