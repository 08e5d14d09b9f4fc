"""Access to every address by role: the table in docs/security.md, made by asking for each."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from broadcaster.desk.permissions import GROUPS
from broadcaster.models import ApiToken, AuditEntry, Broadcast, ContestDocument, Publication
from loadtest.models import LoadTest, LoadTestRun
from tests.support.addresses import django_routes, fill, routes, websocket_routes
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.staff import staff, the_group
from viewers.routing import http_urlpatterns

DOCUMENT = Path(settings.BASE_DIR, "docs/security.md")
ROLES = ("anonymous", "no role", *GROUPS, "superuser")
HEADER = (
    f"| address | {' | '.join(ROLES)} |",
    "|---" * (len(ROLES) + 1) + "|",
)
COMMAND = {"command": "prepare", "title": "Cue", "change": {"view": {"focus": "OH"}}}
NO_PAGES = ("/logout/", "/<url>", "/<object_id>/")
"""Ends the session; no such page; redirects to a page in the table."""
WORDS = {302: "log-in", 401: "token", 403: "no"}
"""What the table says of a status; "yes" for any other."""


class Addresses(TestCase):
    maxDiff = None

    @classmethod
    def setUpTestData(cls):
        cls.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(cls.night, parse_change({"kind": "start"}))
        publish(cls.night, parse_change({"kind": "end"}))
        cls.people = {
            "no role": staff("nobody"),
            "superuser": get_user_model().objects.create_superuser("root"),
            **{group: staff(group.split()[0].lower(), group) for group in GROUPS},
        }
        ApiToken.issue(cls.people["superuser"])
        AuditEntry.objects.create(action="changed", who="somebody", via="admin")
        again = cls.night.rebroadcasts.create(
            epoch=cls.night.epoch,
            seq=cls.night.seq,
            starts_at=timezone.now(),
            ends_at=timezone.now(),
            by=cls.people["superuser"],
        )
        test = LoadTest.objects.create(name="Small", plan={"clients": 2})
        run = LoadTestRun.objects.create(test=test, name=test.name)
        cls.objects = {
            "admin/broadcaster/broadcast/": cls.night,
            "admin/broadcaster/contestdocument/": ContestDocument.objects.first(),
            "admin/broadcaster/publication/": Publication.objects.first(),
            "admin/broadcaster/apitoken/": ApiToken.objects.first(),
            "admin/broadcaster/auditentry/": AuditEntry.objects.last(),
            "admin/auth/user/": cls.people["no role"],
            "admin/auth/group/": the_group("Contributor"),
            "admin/loadtest/loadtest/": test,
            "admin/loadtest/loadtestrun/": run,
        }
        cls.parameters = {
            "slug": "night",
            "digest": cls.night.contests[0][1],
            "number": again.pk,
            "app_label": "broadcaster",
            "content_type_id": ContentType.objects.get_for_model(Broadcast).pk,
            "url": "nothing-here",
            "a": run.pk,
            "b": run.pk,
        }

    def path(self, route):
        """Return a path of a route, with parameters of objects that exist."""
        owner = next((obj for place, obj in self.objects.items() if route.startswith(place)), None)
        pk = (owner or self.night).pk
        given = {"object_id": pk, "pk": pk, "id": owner and owner.pk}
        return fill(route, self.parameters | given)

    def answer(self, path):
        """Return the table's word for a request: by GET, or POST where GET is 405."""
        response = self.client.get(path)
        if response.status_code == 405:
            response = self.client.post(path, COMMAND, "application/json")
        status = response.status_code
        if status == 302 and "/admin/login/" not in response["Location"]:
            return "yes"
        return WORDS.get(status, "yes")

    def rows(self):
        """Return the rows of the table."""
        rows = {
            route: [f"| `/{route}`"]
            for route in sorted(django_routes())
            if not (route.startswith("admin/") and route.endswith(NO_PAGES))
        }
        for role in ROLES:
            self.client.logout()
            if role in self.people:
                self.client.force_login(self.people[role])
            for route, words in rows.items():
                words.append(self.answer(self.path(route)))
        return [f"{' | '.join(words)} |" for words in rows.values()]

    def test_document_has_every_address_and_who_reaches_it(self):
        documented = DOCUMENT.read_text().split("\n".join(HEADER))[1].split("\n\n")[0]
        self.assertEqual(documented.splitlines()[1:], self.rows())

    def test_response_to_a_wrong_method_names_the_right_ones(self):
        self.client.force_login(self.people["superuser"])
        for route in sorted(django_routes() - {"admin/logout/"}):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                response = self.client.generic(method, self.path(route))
                if response.status_code == 405:
                    self.assertTrue(response.get("Allow"), (method, route))

    def test_document_has_the_addresses_that_are_not_djangos(self):
        text = DOCUMENT.read_text()
        for route in {*routes(http_urlpatterns), *websocket_routes()}:
            self.assertIn(f"`/{route}`", text)


class Production(SimpleTestCase):
    """A server with HTTPS=on, as its commands and responses show it."""

    def run_python(self, *arguments):
        """Run manage.py with settings of production; return what it prints."""
        with tempfile.TemporaryDirectory(prefix="mapcenter-state-") as state:
            environment = {
                **os.environ,
                "STATE_DIRECTORY": state,
                "HTTPS": "on",
                "ALLOWED_HOSTS": "maps.example.org",
                "SECRET_KEY": secrets.token_urlsafe(50),
            }
            command = [sys.executable, "manage.py", *arguments]
            run = subprocess.run(
                command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
            )
        return run.stdout + run.stderr

    def test_check_deploy_reports_none_of_djangos_warnings(self):
        text = self.run_python("check", "--deploy", "--tag", "security")
        self.assertIn("System check identified no issues", text)

    def test_responses_over_tls_have_hsts_and_secure_cookies(self):
        program = (
            "from django.test import Client\n"
            "for secure in (True, False):\n"
            "    answer = Client().get('/admin/login/', secure=secure, "
            "headers={'host': 'maps.example.org'})\n"
            "    print(answer.headers.get('Strict-Transport-Security'))\n"
            "    print(answer.cookies['csrftoken'].output(header=''))\n"
        )
        over_tls, cookie, over_http, _ = self.run_python("shell", "-v", "0", "-c", program).split(
            "\n"
        )[:4]
        self.assertEqual((over_tls, over_http), ("max-age=2592000", "None"))
        self.assertIn("Secure", cookie)
        self.assertIn("SameSite=Lax", cookie)
