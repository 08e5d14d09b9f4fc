"""Text from the newsroom in any direction, which cannot turn our own words."""

from django.test import TransactionTestCase

from broadcaster.models import Broadcast
from tests.support.audience import BrowserAudience
from tests.support.changes import PA_TO_BIDEN
from tests.support.console import WIDE

OVERRIDE = "\u202e"  # what follows is written from right to left
DIRECTION = "(selector) => getComputedStyle(document.querySelector(selector)).direction"


class BidirectionalText(BrowserAudience, TransactionTestCase):
    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.publish({**PA_TO_BIDEN, "story": {"headline": f"Biden {OVERRIDE}wins"}})
        self.publish(
            {
                "kind": "correct",
                "corrects": 2,
                "reason": f"Too {OVERRIDE}early",
                "calls": {"president": {"PA": {"status": "retracted"}}},
                "story": {"headline": "\u05e4\u05e0\u05e1\u05d9\u05dc\u05d1\u05e0\u05d9\u05d4"},
            }
        )

    def assert_left_to_right(self, element):
        """Check that the first letter of an element is left of its last one on the screen."""
        left, right = element.evaluate(
            """(element) => {
                const text = element.firstChild;
                return [0, text.length - 1].map((at) => {
                    const range = document.createRange();
                    range.setStart(text, at);
                    range.setEnd(text, at + 1);
                    return range.getBoundingClientRect().left;
                });
            }"""
        )
        self.assertLess(left, right, element.inner_text())

    def test_text_cannot_turn_our_own_words_in_the_replay(self):
        page = self.visit(viewport=WIDE).open(self.path + "replay/?at=3")
        self.assert_left_to_right(page.locator('[data-seq="2"] .chip'))
        self.assert_left_to_right(page.locator('[data-seq="2"] .quiet'))
        self.assertEqual(page.evaluate(DIRECTION, '[data-part="headline"]'), "rtl")

    def test_newsroom_text_has_its_own_direction_on_live_pages(self):
        for path in ("", "embed/"):
            page = self.visit(viewport=WIDE).open(self.path + path)
            page.wait_for_selector('[data-part="status"][data-state="live"]')
            self.assertEqual(page.evaluate(DIRECTION, '[data-part="headline"]'), "rtl")
            self.publish({"story": {"headline": "In English"}})
            page.wait_for_selector('[data-part="headline"]:text("In English")')
            self.assertEqual(page.evaluate(DIRECTION, '[data-part="headline"]'), "ltr")
            self.publish({"story": {"headline": "\u05e4\u05e0\u05e1\u05d9"}})

    def test_text_in_page_titles_is_isolated(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(title=f"Night {OVERRIDE}one")
        page = self.visit().open(self.path + "embedding/")
        self.assertIn(f"\u2068Night {OVERRIDE}one\u2069 · Map Center", page.title())
