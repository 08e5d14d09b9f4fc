"""The admin's own pages: what can be made and changed there, and what cannot."""

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from broadcaster.change import parse_change
from broadcaster.models import ApiToken, Broadcast, Publication
from broadcaster.publishing import publish


class Admin(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_superuser("chief")
        self.client.force_login(self.user)

    def page(self, name, *args):
        return self.client.get(reverse(f"admin:broadcaster_{name}", args=args))

    def test_a_broadcast_is_made_off_air_and_leads_to_its_console(self):
        form = {"title": "Primary", "slug": "primary", "election": 2024, "listed": "on"}
        self.client.post(
            reverse("admin:broadcaster_broadcast_add"),
            form | {"starts_at_0": "2028-11-07", "starts_at_1": "19:00"},
        )

        broadcast = Broadcast.objects.get()
        self.assertEqual((broadcast.phase, broadcast.seq), ("scheduled", 0))
        self.assertEqual(broadcast.state["totals"], {"D": 0, "R": 0, "uncalled": 538})
        console = reverse("admin:broadcaster_broadcast_console", args=[broadcast.pk])
        self.assertContains(self.page("broadcast_changelist"), console)
        self.assertContains(self.page("broadcast_change", broadcast.pk), console)
        self.assertEqual(self.client.get(console).status_code, 200)

    def test_the_election_of_a_broadcast_stays_and_so_does_the_address_of_a_log(self):
        broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        publish(broadcast, parse_change({"kind": "start"}))

        self.client.post(
            reverse("admin:broadcaster_broadcast_change", args=[broadcast.pk]),
            {"title": "Late night", "slug": "other", "election": 2024, "listed": "on"},
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
        self.client.post(broadcast_delete, {"post": "yes"})
        self.assertEqual(Publication.objects.get().seq, 1)

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
