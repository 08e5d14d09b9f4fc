"""Log-ins that no database stores: names and addresses. These tests run on PostgreSQL, too."""

from axes.models import AccessAttempt
from django.test import TestCase

from broadcaster.desk.permissions import EDITOR
from broadcaster.models import AuditEntry
from tests.support.staff import staff


class LoginFromAnywhere(TestCase):
    def test_name_longer_than_any_is_rejected_without_being_stored(self):
        """PostgreSQL would refuse it."""
        response = self.client.post("/admin/login/", {"username": "x" * 300, "password": "wrong"})

        self.assertContains(response, "at most 150 characters")
        self.assertFalse(AccessAttempt.objects.exists())

    def test_wrong_passwords_from_a_scoped_ipv6_address_are_counted_without_it(self):
        """PostgreSQL refuses the scope, which says on which network card the client is."""
        staff("editor", EDITOR)
        form = {"username": "editor", "password": "wrong"}

        statuses = [
            self.client.post("/admin/login/", form, REMOTE_ADDR="fe80::1%eth0").status_code
            for _ in range(5)
        ]

        self.assertEqual(statuses, [200, 200, 200, 200, 429])
        self.assertEqual({entry.address for entry in AuditEntry.objects.all()}, {None})
        self.assertEqual({attempt.ip_address for attempt in AccessAttempt.objects.all()}, {None})
