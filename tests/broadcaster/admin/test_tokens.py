"""The admin's form of API tokens."""

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.models import ApiToken, AuditEntry
from tests.support.staff import staff

ADD = reverse("admin:broadcaster_apitoken_add")


class NewTokens(TestCase):
    def setUp(self):
        self.robot = staff("robot", BROADCASTER)
        self.client.force_login(get_user_model().objects.create_superuser("chief"))

    def make(self, **data):
        return self.client.post(ADD, data)

    def test_token_is_shown_once_and_works(self):
        page = self.make(user=self.robot.pk, note="AP feed")

        token = page.context["token"]
        self.assertContains(page, token)
        self.assertIn("no-store", page.headers["Cache-Control"])
        stored = ApiToken.objects.get()
        self.assertEqual((stored.user, stored.note, stored.direct), (self.robot, "AP feed", False))
        self.assertEqual(stored.digest, ApiToken.hash(token))
        for address in (ADD, reverse("admin:broadcaster_apitoken_changelist")):
            self.assertNotContains(self.client.get(address), token)
        answer = self.client.post(
            "/api/broadcasts/nothing/updates",
            {},
            "application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        self.assertEqual(answer.status_code, 404)  # the token is accepted; there is no broadcast

    def test_token_is_audited_with_its_maker(self):
        self.make(user=self.robot.pk, direct="on")
        entry = AuditEntry.objects.get()
        self.assertEqual(
            (entry.who, entry.detail, entry.via),
            ("chief", "made a direct API token for robot, without a note", "admin"),
        )

    def test_editors_make_tokens_for_themselves_only(self):
        editor = staff("editor", EDITOR)
        self.client.force_login(editor)
        self.make(user=self.robot.pk, note="mine")
        self.assertEqual(ApiToken.objects.get().user, editor)

    def test_form_without_a_user_makes_none(self):
        self.assertContains(self.make(user="", note="AP"), "This field is required")
        self.assertFalse(ApiToken.objects.exists())

    def test_other_users_make_no_tokens(self):
        self.client.force_login(self.robot)
        self.assertEqual(self.make(user=self.robot.pk).status_code, 403)
        self.assertFalse(ApiToken.objects.exists())
