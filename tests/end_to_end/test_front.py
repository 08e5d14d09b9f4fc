"""The front page in a browser: past nights with pictures, accessible in light and dark."""

from datetime import timedelta

from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.models import Broadcast
from tests.support.audience import BrowserAudience
from tests.support.browser import hold_back, in_a_thread, ticks, violations
from tests.support.changes import PA_TO_BIDEN
from tests.support.contests import president

FONT = "(({fontSize, fontFamily}) => [fontSize, fontFamily])"
FIRST_NEXT = f"{FONT}(getComputedStyle(document.querySelector('.next a')))"
TITLE = f"{FONT}(getComputedStyle(document.querySelector('.on-air h3 a')))"
LOADED = "() => document.querySelector('.nights img').naturalWidth > 0"


class FrontPage(BrowserAudience, TransactionTestCase):
    def test_pictures_of_past_nights_have_their_place_before_they_are_loaded(self):
        for change in ({"kind": "start"}, PA_TO_BIDEN, {"kind": "end"}):
            self.publish(change)
        for scheme in ("light", "dark"):
            visit = self.visit(color_scheme=scheme, viewport={"width": 360, "height": 740})
            page, release = visit.page, hold_back(visit.page, "**/map.svg*")
            page.goto(f"{self.server.url}/", wait_until="domcontentloaded")
            before = page.locator(".nights li").bounding_box()
            release()
            page.wait_for_function(LOADED)
            self.assertEqual(page.locator(".nights li").bounding_box(), before)
            shown = page.evaluate("document.querySelector('.nights img').currentSrc")
            self.assertEqual(shown.endswith("&theme=dark"), scheme == "dark")
            self.assertEqual(visit.errors, [])
            self.assertEqual(ticks(page), [[8, 5, 5]])
            self.assertEqual(violations(page), [], scheme)

    def test_what_is_live_has_a_badge_and_what_comes_next_is_in_sight(self):
        in_a_thread(
            lambda: Broadcast.objects.create(
                slug=f"next-{self.broadcast.slug}",
                title="Midterms",
                contests=president(2020),
                starts_at=timezone.now() + timedelta(days=700),
            )
        )
        page = self.visit(viewport={"width": 1440, "height": 900}).page
        page.goto(f"{self.server.url}/")
        titles = page.locator(":is(.coming, .next) a").all_inner_texts()
        self.assertEqual(titles, ["Midterms", "Night"])  # the one with a time is first
        time = page.locator(".coming time")
        self.assertEqual(time.evaluate("time => getComputedStyle(time).fontSize"), "56px")
        self.assertGreater(page.locator(".map").bounding_box()["width"], 720)
        self.assertEqual(violations(page), [])

        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        page.goto(f"{self.server.url}/")
        self.assertEqual(page.inner_text(".badge"), "LIVE")
        self.assertEqual(page.evaluate(FIRST_NEXT)[1], page.evaluate(TITLE)[1])  # one type
        box = page.locator("text=Midterms").bounding_box()
        self.assertLess(box["y"] + box["height"], 900)

        self.publish({"story": {"headline": "Longest headline " * 11 + "of all nights"}})
        for width in (360, 320):
            page.set_viewport_size({"width": width, "height": 740})
            page.reload()
            self.assertLess(page.locator(".map").bounding_box()["y"], 300, width)
