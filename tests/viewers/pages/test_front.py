"""The front page: what it says of each broadcast."""

import re
from datetime import UTC, datetime
from html import unescape

from django.test import TestCase

from broadcaster.models import Broadcast
from tests.support.changes import PA_TO_BIDEN, RACES, parse_change
from tests.support.contests import president
from tests.support.log import publish


class FrontPage(TestCase):
    def broadcast(self, slug, *changes):
        made = Broadcast.objects.create(
            slug=slug, title=slug, contests=president(2020), listed=True
        )
        for change in changes:
            publish(made, parse_change(change))
        made.refresh_from_db()
        return made

    def test_past_broadcast_has_a_replay_and_its_place_by_the_newsrooms_date_of_its_start(self):
        past = self.broadcast("past", {"kind": "start"}, PA_TO_BIDEN, {"kind": "end"})
        before_midnight = datetime(2024, 11, 6, 4, 59, tzinfo=UTC)
        past.publications.filter(seq=1).update(at=before_midnight)
        later = self.broadcast("later", {"kind": "start"}, {"kind": "end"})
        Broadcast.objects.filter(pk=later.pk).update(at=before_midnight)
        page = self.client.get("/").content.decode()
        self.assertIn(">Nov 5, 2024</time>", page)
        self.assertLess(page.index("/later/replay/"), page.index("/past/replay/"))
        self.assertIn('href="/broadcasts/past/replay/"', page)

    def test_winner_of_a_past_night_is_marked(self):
        won = {unit: {"status": "called", "party": "D"} for unit in RACES}
        called = {"calls": {"president": won}, "story": {"headline": "Biden wins"}}
        self.broadcast("past", {"kind": "start"}, called, {"kind": "end"})
        page = self.client.get("/").content.decode()
        self.assertRegex(page, r"<bdi>Biden</bdi> <b>538</b> ✓")
        self.assertRegex(page, r"<bdi>Trump</bdi> <b>0</b></span>")

    def test_past_broadcast_has_a_picture_of_its_final_map_that_is_loaded_when_needed(self):
        self.assertNotContains(self.client.get("/"), "<img")
        for number in range(5):
            self.broadcast(f"past-{number}", {"kind": "start"}, PA_TO_BIDEN, {"kind": "end"})
        page = self.client.get("/").content.decode()
        pictures = re.findall("<img [^>]*>", page)
        self.assertEqual(len(pictures), 5)
        for picture in pictures:
            self.assertRegex(picture, r'loading="lazy" width="\d+" height="\d+"')
            self.assertIn('alt="Final map, U.S. President 2020"', picture)
            address = unescape(re.search(r'src="([^"]*)"', picture)[1])
            self.assertRegex(address, r"^/broadcasts/past-\d/map.svg\?at=\w+:3&contest=president$")
            self.assertEqual(self.client.get(address).status_code, 200)

    def test_two_past_nights_are_beside_what_is_on_air_or_comes_next(self):
        for number in range(3):
            self.broadcast(f"past-{number}", {"kind": "start"}, {"kind": "end"})
        self.assertNotContains(self.client.get("/"), "Earlier broadcasts")
        for slug, *changes in (["next"], ["now", {"kind": "start"}]):
            self.broadcast(slug, *changes)
            beside, earlier = self.client.get("/").content.decode().split("Earlier broadcasts")
            self.assertEqual([beside.count("<picture>"), earlier.count("<picture>")], [2, 1], slug)

    def test_what_comes_next_has_its_empty_map_if_nothing_is_on_air(self):
        for slug in ("next", "later"):
            self.broadcast(slug)
        page = self.client.get("/").content.decode()
        self.assertEqual(page.count('<svg class="map"'), 1)
        self.assertIn("not called 538", page)

    def test_only_the_first_broadcast_on_air_has_its_map(self):
        for slug in ("one", "two"):
            self.broadcast(slug, {"kind": "start"})
        self.assertEqual(self.client.get("/").content.decode().count('<svg class="map"'), 1)
