"""The admin's pages for publications, the audit and API tokens."""

import csv
import io

from django.urls import reverse

from broadcaster.models import ApiToken, AuditEntry, Broadcast, Publication
from broadcaster.publishing import publish as gate
from broadcaster.publishing.actor import Actor
from tests.broadcaster.admin.test_broadcasts import AdminCase
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish


class RecordPages(AdminCase):
    def test_publications_are_read_only(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
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

    def test_audit_export_has_the_filter_of_the_list(self):
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        other = Broadcast.objects.create(slug="other", title="Other", contests=president(2020))
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

    def test_export_with_an_unknown_filter_leads_back_to_the_list(self):
        export = reverse("admin:broadcaster_auditentry_export")
        for query in ("?nothing=1", "?at__gte=yesterday", "?=x"):
            response = self.client.get(export + query, follow=True)
            self.assertEqual(response.redirect_chain, [("..?e=1", 302)])
            self.assertContains(response, "Select audit entry")

    def test_text_from_right_to_left_in_an_export_cannot_turn_the_rest_of_its_line(self):
        Broadcast.objects.create(slug="night", title="Night \u202eone", contests=president(2020))
        night = Broadcast.objects.get(slug="night")
        gate.publish(night, parse_change({"kind": "start"}), Actor(self.user, "socket", "::1"))
        story = {"story": {"headline": "Polls \u202eclose"}}
        gate.publish(night, parse_change(story), Actor(None, "command"))

        export = self.client.get(reverse("admin:broadcaster_auditentry_export"))

        rows = list(csv.DictReader(io.StringIO(export.content.decode())))
        [cell] = [row["detail"] for row in rows if "Polls" in row["detail"]]
        self.assertEqual((cell[0], cell[-1]), ("\u2068", "\u2069"))
        self.assertTrue(all(row["who"][0] != "\u2068" for row in rows))

    def test_audit_is_read_only(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        gate.publish(broadcast, parse_change({"kind": "start"}), Actor(self.user, "socket"))
        entry = AuditEntry.objects.get()

        for name in ("change", "delete"):
            address = reverse(f"admin:broadcaster_auditentry_{name}", args=[entry.pk])
            self.assertEqual(self.client.post(address, {"who": "x"}).status_code, 403)
        self.assertEqual(self.page("auditentry_add").status_code, 403)
        self.assertNotContains(self.page("auditentry_changelist"), "delete_selected")

    def test_token_can_be_revoked_but_not_read(self):
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
