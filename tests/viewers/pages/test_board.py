"""The board: a page for a screen that nobody touches."""

import re
from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from broadcaster.models import Broadcast
from tests.support.changes import PA_TO_BIDEN, parse_change
from tests.support.contests import president
from tests.support.log import publish

BOARD = "/broadcasts/night/board/"


class BoardPage(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="<Night>", contests=president(2020)
        )

    def text(self, query=""):
        return self.client.get(BOARD + query).content.decode()

    def test_board_shows_score_headline_and_what_is_undecided_without_a_script(self):
        publish(self.broadcast, parse_change({"kind": "start"}))
        publish(self.broadcast, parse_change(PA_TO_BIDEN))
        page = self.text()
        self.assertIn('<b data-part="D">20</b>', page)
        self.assertIn("Pennsylvania goes to Biden", page)
        self.assertIn('<b data-part="undecided-count">55</b>', page)
        self.assertIn('<b data-part="name">California</b>', page)
        self.assertNotIn('<b data-part="name">Pennsylvania</b>', page)
        self.assertIn('<noscript><meta http-equiv="refresh" content="30"></noscript>', page)

    def test_planned_broadcast_shows_when_it_begins_in_the_place_of_the_headline(self):
        Broadcast.objects.update(starts_at=timezone.now() + timedelta(hours=1))
        self.assertRegex(self.text(), 'data-begins="Begins (at|on) ')

    def test_board_has_no_controls(self):
        page = self.text()
        self.assertNotRegex(page, r"<(a|button|select|input|details)\b")
        self.assertNotIn("tabindex", page)

    def test_board_may_be_cached_and_not_framed(self):
        headers = self.client.get(BOARD).headers
        self.assertEqual(headers["Cache-Control"], "public, max-age=1")
        self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
        self.assertFalse(self.client.get(BOARD).cookies)

    def test_theme_and_contest_are_options(self):
        self.assertIn('data-theme="dark"', self.text("?theme=dark"))
        self.assertNotIn("data-theme", self.text("?theme=pink"))
        self.assertIn('"pinned": "president"', self.text("?contest=president"))

    def test_board_of_an_unknown_broadcast_is_not_found(self):
        self.assertEqual(self.client.get("/broadcasts/day/board/").status_code, 404)

    def test_board_speaks_spanish(self):
        page = self.client.get(f"/es{BOARD}").content.decode()
        self.assertTrue(re.search(r'<html lang="es"', page))
