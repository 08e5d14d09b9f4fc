"""The live page and the front page as the server renders them, and their texts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from broadcaster.models import Broadcast, Publication
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from viewers.pages.wording import clock, closing, hour, status

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/wording.json").read_text())
NIGHT = datetime(2020, 11, 4, 2, 47, 3, tzinfo=UTC)


class WordingVectorTests(SimpleTestCase):
    def test_times_match_the_vectors(self):
        for case in VECTORS["times"]:
            at = datetime.fromtimestamp(case["at"] / 1000, UTC)
            with self.subTest(case["clock"]), override(case["language"]):
                self.assertEqual((clock(at, True), hour(at)), (case["clock"], case["hour"]))

    def test_closing_times_match_the_vectors(self):
        for case in VECTORS["closings"]:
            closes, now, at = (
                datetime.fromtimestamp(case[name] / 1000, UTC) for name in ("closes", "now", "at")
            )
            with self.subTest(case["words"]), override(case["language"]):
                self.assertEqual(closing(closes, now, at), case["words"])

    def test_phases_match_the_vectors(self):
        for case in VECTORS["states"]:
            planned = NIGHT if case["planned"] else None
            found = Broadcast(
                phase=case["phase"], starts_at=planned, rehearsal=case.get("rehearsal", False)
            )
            with self.subTest(case["words"]), override(case["language"]):
                self.assertEqual(status(found)["words"], case["words"])


class ClockTests(SimpleTestCase):
    def test_time_of_another_day_has_a_date(self):
        self.assertEqual(clock(NIGHT, True), "Nov 3, 2020, 9:47:03 pm EST")

    def test_planned_time_has_no_seconds(self):
        self.assertEqual(clock(NIGHT, False), "Nov 3, 2020, 9:47 pm EST")

    def test_time_of_today_has_no_date(self):
        self.assertRegex(clock(timezone.now(), True), r"^\d+:\d\d:\d\d [ap]m E[SD]T$")


class PageTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Election <Night>", contests=president(2020), starts_at=NIGHT
        )

    def publish(self, change):
        publish(self.broadcast, parse_change(change))

    def page(self):
        return self.client.get("/broadcasts/night/")

    def test_planned_broadcast_shows_when_it_begins(self):
        self.assertContains(self.page(), "Begins</span> <time")
        self.assertContains(self.page(), "Nov 3, 2020, 9:47 pm EST")
        self.assertContains(self.page(), 'data-begins="Begins on Nov 3, 2020 at 9:47 pm EST"')
        self.assertContains(self.page(), 'data-stand-in="begins"')
        Broadcast.objects.update(starts_at=timezone.now())
        self.assertContains(self.page(), 'data-begins="Begins at ')
        self.assertContains(self.client.get("/"), "Begins <time")

    def test_broadcast_without_a_planned_start_has_not_started(self):
        Broadcast.objects.update(starts_at=None)
        self.assertContains(self.page(), "Not started</span>")
        self.assertNotContains(self.page(), "data-begins")

    def test_pages_show_whether_a_broadcast_is_live_held_or_ended(self):
        for kind, words, front in (
            ("start", "Live, as of", "Live</strong> as of"),
            ("hold", "On hold, as of", "On hold, as of"),
        ):
            self.publish({"kind": kind})
            self.assertContains(self.page(), f"{words}</span> <time")
            self.assertContains(self.client.get("/"), f"{front} <time")
        self.publish({"kind": "end"})
        self.assertContains(self.page(), "Final, as of</span> <time")
        front = self.client.get("/")
        self.assertContains(front, "Past broadcasts")
        self.assertNotContains(front, "as of <time")

    def test_log_is_read_once_per_update(self):
        self.publish({"kind": "start"})
        for unit in ("PA", "OH"):
            called = {unit: {"status": "called", "party": "D"}}
            self.publish({"calls": called, "story": {"headline": "A call"}})
            self.assertContains(self.page(), f'data-logged="president/{unit}"')
            for path in ("", "embed/"):
                with CaptureQueriesContext(connection) as queries:
                    self.client.get(f"/broadcasts/night/{path}")
                self.assertNotIn(Publication._meta.db_table, str(queries.captured_queries))
        self.assertContains(self.client.get("/es/broadcasts/night/"), "Pensilvania")

    def test_pages_name_the_source_of_calls(self):
        self.publish({"kind": "start"})
        pages = ("", "embed/", "replay/", "?at=1")
        for page in pages:
            found = self.client.get(f"/broadcasts/night/{page}")
            self.assertNotContains(found, 'class="source"')
        Broadcast.objects.update(source="AP & others")
        for page in pages:
            found = self.client.get(f"/broadcasts/night/{page}")
            self.assertContains(found, "calls by AP &amp; others")
        past = self.client.get("/broadcasts/night/embed/?layer=2016")
        self.assertNotContains(past, "calls by")

    def test_markup_in_a_story_is_escaped(self):
        self.publish({"kind": "start", "story": {"headline": "<script>", "body": "</script><b>"}})
        page = self.page()
        self.assertContains(page, "&lt;script&gt;</h2>")
        self.assertNotContains(page, "<b>")

    def test_pages_may_be_cached_and_set_no_cookie(self):
        for path in ("/", "/broadcasts/night/"):
            response = self.client.get(path)
            self.assertIn("public", response.headers["Cache-Control"])
            self.assertFalse(response.cookies)

    def test_front_page_leaves_out_unlisted_broadcasts(self):
        Broadcast.objects.create(
            slug="rehearsal", title="Rehearsal", listed=False, contests=president(2020)
        )
        later = timezone.now() + timedelta(days=1)
        Broadcast.objects.create(
            slug="next", title="Next week", starts_at=later, contests=president(2020)
        )
        page = self.client.get("/")
        self.assertContains(page, "Next week")
        self.assertNotContains(page, "Rehearsal")

    def test_unknown_address_shows_a_page_with_status_404(self):
        response = self.client.get("/broadcasts/nothing/")
        self.assertContains(response, "There is nothing at this address", status_code=404)
