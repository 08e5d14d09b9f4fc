"""manage.py publish, apitoken and demo."""

import io
import json
from unittest import mock

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from broadcaster.desk import state
from broadcaster.management.evening import Evening
from broadcaster.models import ApiToken, AuditEntry, Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish

SLUG = "election-night-2020"


def run(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


class DemoCommand(TestCase):
    def test_demo_is_idempotent(self):
        first = run("demo")
        again = run("demo")

        broadcast = Broadcast.objects.get(slug=SLUG)
        self.assertEqual((broadcast.phase, broadcast.seq), ("live", 1))
        self.assertEqual(first, again)
        self.assertEqual(get_user_model().objects.filter(is_staff=True).count(), 3)
        password = first.split("password")[1].strip()
        user = get_user_model().objects.get(username="broadcaster")
        self.assertTrue(user.check_password(password))
        self.assertTrue(user.has_perm("broadcaster.take_broadcast"))
        self.assertFalse(user.has_perm("broadcaster.run_broadcast"))
        contributor = get_user_model().objects.get(username="contributor")
        self.assertFalse(contributor.has_perm("broadcaster.take_broadcast"))

    def test_demo_rundown_gives_the_totals_of_2020_and_keeps_removed_cues_removed(self):
        run("demo")
        broadcast = Broadcast.objects.get(slug=SLUG)
        Cue.objects.filter(title="AK").update(removed_at=timezone.now())
        run("demo")

        titles = [cue["title"] for cue in state.rundown(broadcast)["cues"]]
        self.assertEqual(titles, [title for title in Evening().rundown if title != "AK"])
        Cue.objects.update(removed_at=None)
        for cue in broadcast.cues.exclude(title="AZ"):
            publish(broadcast, cue.change, Actor(None, "command"), cue=cue)
        broadcast.refresh_from_db()
        totals = {"D": 306, "R": 232, "O": 0, "uncalled": 0}
        self.assertEqual(broadcast.state.totals, {"president": totals})

    def test_demo_play_has_the_totals_of_2020_at_every_step(self):
        out = run("demo", play=1e9)

        totals = [
            tuple(row.totals["president"][party] for party in ("D", "R", "uncalled"))
            for row in Publication.objects.filter(broadcast__slug=SLUG).order_by("seq")
            if row.change.calls
        ]
        self.assertEqual(
            totals,
            [
                (3, 33, 502), (75, 72, 391), (118, 109, 311), (209, 119, 210), (227, 213, 98),
                (238, 213, 87), (227, 213, 98), (227, 214, 97), (237, 214, 87), (253, 214, 71),
                (273, 214, 51), (279, 214, 45), (295, 214, 29), (306, 214, 18), (306, 229, 3),
                (306, 232, 0),
            ],
        )  # fmt: skip
        self.assertEqual(Broadcast.objects.get(slug=SLUG).phase, "ended")
        self.assertIn("Correction: Arizona is not called", out)


class PublishCommand(TestCase):
    def setUp(self):
        run("demo")

    def test_publish_prints_the_position(self):
        out = run("publish", SLUG, '{"view": {"focus": "OH"}}')

        broadcast = Broadcast.objects.get(slug=SLUG)
        self.assertEqual(out.strip(), f"{broadcast.epoch}:2")
        entry = AuditEntry.objects.get(seq=2, broadcast__slug=SLUG)
        self.assertEqual((entry.who, entry.via), ("command line", "command"))
        self.assertEqual(broadcast.state.to_dict()["view"]["focus"], "OH")

    def test_publish_reads_standard_input(self):
        with mock.patch("sys.stdin", io.StringIO(json.dumps({"view": {"focus": "NE-2"}}))):
            run("publish", SLUG, "-", by="editor")

        self.assertEqual(Publication.objects.get(seq=2, broadcast__slug=SLUG).by.username, "editor")

    def test_publish_reports_errors(self):
        for words, reason in [
            (("nope", "{}"), "no broadcast nope"),
            ((SLUG, "{"), "not JSON"),
            ((SLUG, '{"view": {"focus": "XX"}}'), "view.focus"),
            ((SLUG, '{"kind": "start"}'), "on air already"),
        ]:
            with self.subTest(words=words), self.assertRaisesMessage(CommandError, reason):
                run("publish", *words)
        with self.assertRaisesMessage(CommandError, "no user nobody"):
            run("publish", SLUG, "{}", by="nobody")


class ApiTokenCommand(TestCase):
    def test_token_is_printed_once_and_stored_as_a_hash(self):
        user = get_user_model().objects.create(username="robot")

        token = run("apitoken", "robot", note="AP feed").strip()

        stored = ApiToken.objects.get()
        self.assertEqual(stored.user, user)
        self.assertEqual(stored.digest, ApiToken.hash(token))
        self.assertNotIn(token, str(vars(stored)))
        self.assertFalse(stored.direct)
        run("apitoken", "robot", direct=True)
        self.assertTrue(ApiToken.objects.latest("pk").direct)
        made = [(entry.who, entry.detail) for entry in AuditEntry.objects.order_by("pk")]
        self.assertEqual(
            made,
            [
                ("command line", "made an API token for robot, AP feed"),
                ("command line", "made a direct API token for robot, without a note"),
            ],
        )

    def test_unknown_user_gets_no_token(self):
        with self.assertRaisesMessage(CommandError, "no user nobody"):
            run("apitoken", "nobody")
