"""The HTTP API: publishing updates and creating broadcasts, permissions and errors."""

import json

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import TestCase
from django.utils import timezone

from broadcaster.desk.requests import MAX_BODY
from broadcaster.models import ApiToken, AuditEntry, Broadcast, Publication
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish

CALL = {
    "calls": {"president": {"PA": {"status": "called", "party": "D"}}},
    "story": {"headline": "Pennsylvania"},
}

CONTESTS = {"president": "us-president-2020"}


class UpdatesApi(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
        publish(cls.broadcast, parse_change({"kind": "start"}))
        cls.robot = cls.token_for("robot", "take_broadcast")
        cls.editor = cls.token_for("editor", "take_broadcast", "run_broadcast", "add_broadcast")

    @staticmethod
    def token_for(name, *permissions):
        user = get_user_model().objects.create(username=name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return ApiToken.issue(user)

    def post(self, body, token=None, path="/api/broadcasts/night/updates"):
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        headers = {"Authorization": f"Bearer {token or self.robot}"}
        return self.client.post(path, body, content_type="application/json", headers=headers)

    def assert_error_response(self, response, status, **expected):
        self.assertEqual(response.status_code, status, response.content)
        self.assertEqual(response["Cache-Control"], "no-store")
        answer = response.json()
        self.assertTrue(answer["error"])
        for key, value in expected.items():
            self.assertEqual(answer.get(key), value, answer)
        self.assertEqual(Publication.objects.count(), 1)
        self.broadcast.refresh_from_db()
        self.assertEqual(self.broadcast.seq, 1)

    def test_change_is_published(self):
        response = self.post(CALL)

        self.broadcast.refresh_from_db()
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"epoch": self.broadcast.epoch, "seq": 2})
        self.assertEqual(Publication.objects.get(seq=2).by.username, "robot")

    def test_forwarded_address_that_is_none_does_not_stop_an_update(self):
        headers = {"Authorization": f"Bearer {self.robot}"}
        response = self.client.post(
            "/api/broadcasts/night/updates",
            json.dumps(CALL),
            content_type="application/json",
            headers=headers,
            REMOTE_ADDR="unknown",
        )

        self.assertEqual(response.status_code, 201, response.content)
        self.assertIsNone(AuditEntry.objects.get().address)

    def test_repeated_client_id_gives_the_same_response(self):
        first = self.post({**CALL, "client_id": "ap-17"})
        again = self.post({**CALL, "client_id": "ap-17"})
        other = self.post({"view": {"focus": "OH"}, "client_id": "ap-17"})

        self.assertEqual(first.json(), again.json())
        self.assertEqual((again.status_code, other.status_code), (201, 409))

    def test_wrong_bodies_name_the_field(self):
        for body, status, field in [
            ("", 400, "body"),
            ("{", 400, "body"),
            ("[1]", 400, "body"),
            ("[" * 20_000, 400, "body"),
            (b"\xff\xfe\x00", 400, "body"),
            ('{"view": NaN}', 400, "body"),
            ({"x" * 99: 1}, 400, "x" * 40),
            ({"calls": {"Pennsylvania": {}}}, 400, "calls.Pennsylvania"),
            (
                {"calls": {"president": {"PA": {"status": "called", "party": "Whig"}}}},
                400,
                "calls.president.PA.party",
            ),
            ({"calls": CALL["calls"]}, 400, "story.headline"),
            ({"story": {"headline": "\ud800"}}, 400, "story.headline"),
            ({**CALL, "client_id": 7}, 400, "client_id"),
            ({**CALL, "client_id": ""}, 400, "client_id"),
            ({**CALL, "client_id": "x" * 65}, 400, "client_id"),
            ({**CALL, "client_id": "a\n"}, 400, "client_id"),
            ({"story": {"headline": "x", "body": "y" * MAX_BODY}}, 413, "body"),
            (b"x" * 5_000_000, 413, "body"),
        ]:
            with self.subTest(body=str(body)[:60]):
                self.assert_error_response(self.post(body), status, field=field)

    def test_request_without_a_valid_token_is_401(self):
        revoked = self.token_for("gone", "take_broadcast")
        ApiToken.objects.filter(user__username="gone").update(revoked_at=timezone.now())
        inactive = self.token_for("left", "take_broadcast")
        get_user_model().objects.filter(username="left").update(is_active=False)

        for token in ("nonsense", revoked, inactive):
            response = self.post(CALL, token)
            self.assert_error_response(response, 401)
            self.assertEqual(response["WWW-Authenticate"], "Bearer")
        self.assert_error_response(
            self.client.post("/api/broadcasts/night/updates", CALL, "application/json"), 401
        )

    def test_missing_permission_is_403(self):
        self.assert_error_response(self.post(CALL, self.token_for("guest")), 403)
        self.assert_error_response(self.post({"kind": "end"}), 403)
        self.assertEqual(self.post({"kind": "hold"}, self.editor).status_code, 201)

    def test_update_off_air_is_409(self):
        Broadcast.objects.create(slug="later", title="Later", contests=president(2020))

        self.assert_error_response(self.post(CALL, path="/api/broadcasts/later/updates"), 409)

    def test_unknown_broadcast_is_404_and_another_method_is_405(self):
        self.assert_error_response(
            self.post(CALL, path="/api/broadcasts/nope/updates"), 404, field="broadcast"
        )
        response = self.client.get("/api/broadcasts/night/updates")
        self.assert_error_response(response, 405)
        self.assertEqual(response["Allow"], "POST")

    def test_created_broadcast_is_off_air(self):
        data = {"slug": "swarm-1", "title": "Swarm", "listed": False, "contests": CONTESTS}
        response = self.post(data, self.editor, "/api/broadcasts")

        created = Broadcast.objects.get(slug="swarm-1")
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"slug": "swarm-1", "epoch": created.epoch, "seq": 0})
        self.assertFalse(created.listed)
        self.assertEqual(created.phase, "scheduled")

    def test_wrong_broadcast_names_the_field(self):
        for data, status, field in [
            ({"title": "No slug"}, 400, "slug"),
            ({"slug": "a b", "title": "x"}, 400, "slug"),
            ({"slug": "night", "title": "Taken"}, 400, "slug"),
            ({"slug": "new"}, 400, "title"),
            ({"slug": "new", "title": "x" * 121}, 400, "title"),
            ({"slug": "new", "title": "x", "election": 2020}, 400, "election"),
            ({"slug": "new", "title": "x", "contests": "president"}, 400, "contests"),
            ({"slug": "new", "title": "x", "contests": {}}, 400, "contests"),
            ({"slug": "new", "title": "x", "contests": {"a": "nope"}}, 400, "contests.a"),
            ({"slug": "new", "title": "x", "contests": {"a": ["x"]}}, 400, "contests.a"),
            (
                {"slug": "new", "title": "x", "contests": {"No key": "us-senate-2024"}},
                400,
                "contests.No key",
            ),
            ({"slug": "new", "title": "x", "listed": "perhaps"}, 400, "listed"),
            ({"slug": "new", "title": "x", "phase": "live"}, 400, "phase"),
            ({"slug": "new", "title": "x", "": "empty"}, 400, '""'),
            ({"slug": ["new"], "title": "x"}, 400, "slug"),
            ({"slug": "new", "title": "a\x00b"}, 400, "title"),
            ({"slug": "new", "title": "\ud800"}, 400, "title"),
            ({"slug": "new", "title": "\uffff"}, 400, "title"),
            ({"slug": "new", "title": {"a": 1}}, 400, "title"),
            ('{"slug": "new", "title": "x", "listed": 1e999}', 400, "listed"),
        ]:
            with self.subTest(data=data):
                if isinstance(data, dict):
                    data = {"contests": CONTESTS} | data
                response = self.post(data, self.editor, "/api/broadcasts")
                self.assert_error_response(response, status, field=field)
        self.assert_error_response(
            self.post({"slug": "n", "title": "x"}, path="/api/broadcasts"), 403
        )
        rejections = AuditEntry.objects.filter(action="refused", via="api")
        self.assertEqual(rejections.count(), 21)
        self.assertEqual(rejections[0].detail, "create: robot may not create broadcasts.")
