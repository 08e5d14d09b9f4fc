"""When API tokens stop working."""

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import TestCase

from broadcaster.desk.permissions import BROADCASTER
from broadcaster.models import ApiToken, AuditEntry, Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.staff import staff

VIEW = {"view": {"focus": "OH"}}


class Tokens(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(cls.night, parse_change({"kind": "start"}))

    def setUp(self):
        self.user = staff("broadcaster", BROADCASTER)
        self.user.set_password("the first one")
        self.user.save()
        self.token = ApiToken.issue(self.user, "the feed")

    def status(self):
        """Return the status of a take with the token."""
        response = self.client.post(
            "/api/broadcasts/night/updates",
            VIEW,
            "application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return response.status_code

    def test_new_password_revokes_them_and_is_audited(self):
        self.assertEqual(self.status(), 201)
        self.user.set_password("the second one")
        self.user.save()

        self.assertEqual(self.status(), 401)
        entry = AuditEntry.objects.get(action="changed")
        self.assertIn("the feed: a new password", entry.detail)

    def test_password_that_is_taken_away_revokes_them(self):
        self.user.set_unusable_password()
        self.user.save()

        self.assertEqual(self.status(), 401)

    def test_admins_form_for_passwords_revokes_them(self):
        self.client.force_login(get_user_model().objects.create_superuser("root"))
        form = {"password1": "a-new-one-17", "password2": "a-new-one-17"}
        self.client.post(f"/admin/auth/user/{self.user.pk}/password/", form)

        self.assertEqual(self.status(), 401)

    def test_log_in_does_not_revoke_them_though_it_hashes_the_password_anew(self):
        old = PBKDF2PasswordHasher().encode("the first one", "salt", iterations=1000)
        get_user_model().objects.filter(pk=self.user.pk).update(password=old)
        form = {"username": "broadcaster", "password": "the first one"}

        self.assertEqual(self.client.post("/admin/login/", form).status_code, 302)

        self.user.refresh_from_db()
        self.assertNotEqual(self.user.password, old)
        self.assertEqual(self.status(), 201)

    def test_tokens_of_a_deactivated_user_are_rejected(self):
        self.user.is_active = False
        self.user.save()
        self.assertEqual(self.status(), 401)

    def test_tokens_have_no_more_permissions_than_the_user(self):
        self.user.groups.clear()
        self.assertEqual(self.status(), 403)
