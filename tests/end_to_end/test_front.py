"""The front page in a browser: past nights with pictures, accessible in light and dark."""

from django.test import TransactionTestCase

from tests.support.audience import BrowserAudience
from tests.support.browser import hold_back, violations
from tests.support.changes import PA_TO_BIDEN

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
            self.assertEqual(violations(page), [], scheme)
