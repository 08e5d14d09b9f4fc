"""The board in a browser: it follows, fits every screen, and has nothing to operate."""

from django.test import TransactionTestCase

from broadcaster.domain.geometry import shipped
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast
from broadcaster.models.contests import keep_all
from broadcaster.publishing.lineup import spread
from broadcaster.publishing.publish import start_over
from broadcaster.rendering.picture import view_box
from tests.support.audience import BrowserAudience
from tests.support.browser import in_a_thread, ticks, violations
from tests.support.changes import PA_TO_BIDEN
from tests.support.contests import show, with_names
from tests.support.staff import publisher

SCREENS = ((1280, 720), (1920, 1080), (3840, 2160))
LONG = "Longest headline " * 11 + "of all nights"  # 200 characters
OUTSIDE = """() => [...document.querySelectorAll(".board :is(h1, h2, .status, b, .boxes li)")]
  .filter((element) => element.checkVisibility())
  .filter((element) => !element.closest(".board-undecided li, .log li"))
  .filter((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
  }).map((element) => element.outerHTML)"""
"""The elements of a board that are not on the screen."""
SEEN = """() => [".board-undecided ul", ".log ol"].map((selector) => {
    const list = document.querySelector(selector).getBoundingClientRect();
    const rows = [...document.querySelectorAll(`${selector} > li`)];
    const boxes = rows.map((row) => row.getBoundingClientRect());
    const first = boxes.filter(({ left }) => left < list.right);
    return first.every(({ bottom }) => bottom <= list.bottom + 1) ? first.length : "cut";
})"""
"""How many undecided races and how many latest calls a board shows, each as a whole row."""
NAME_SIZES = """() => Object.fromEntries(
    [...document.querySelectorAll(".board-score-shown .words")].map((name) => [
        name.textContent, parseFloat(getComputedStyle(name).fontSize)]))"""
"""The size of the letters of each name in the large score of a board."""


class Board(BrowserAudience, TransactionTestCase):
    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def board(self, query="", **options):
        visit = self.visit(**{"viewport": {"width": 1280, "height": 720}, **options})
        visit.open_late(f"{self.path}board/{query}", "Good evening")
        return visit

    def test_board_follows_the_broadcast(self):
        visit = self.board(reduced_motion="reduce")
        visit.wait_for('html[data-started] [data-state="live"]')

        self.publish(PA_TO_BIDEN | {"view": {"focus": "OH"}})

        visit.wait_for("text=Pennsylvania goes to Biden")
        visit.wait_for('.board-side [data-part="D"]:text("20")')
        visit.wait_for('[data-part="undecided-count"]:text("55")')
        view = visit.page.get_attribute(".map", "viewBox")  # at once, with reduced motion
        self.assertEqual(view, view_box(shipped("us-states").shape_of["OH"].view))
        self.assertEqual(ticks(visit.page), [[20, 8, 8]])
        log = visit.page.locator(".log li")
        self.assertRegex(log.inner_text(), r"(?s)[ap]m.*Biden.*Pennsylvania.*20")

        correction = {"kind": "correct", "corrects": 2, "reason": "Too early"}
        retracted = {"calls": {"president": {"PA": {"status": "retracted"}}}}
        self.publish(correction | retracted | {"story": {"headline": "No call"}})
        late = self.visit()
        late.open_late(f"{self.path}board/", "No call")
        for each in (visit, late):
            each.wait_for('.log li:nth-child(2) [data-logged="president/PA"][data-struck]')
            each.wait_for('.log li:first-child:has-text("Call withdrawn")')
        self.assertEqual(visit.errors, [])

    def test_board_follows_after_the_end_into_a_new_history(self):
        self.publish({"kind": "end"})
        visit = self.visit()
        visit.page.clock.install()
        visit.open_late(f"{self.path}board/", "Final")
        visit.wait_for("html[data-started]")
        in_a_thread(start_over, Broadcast.objects.get(pk=self.broadcast.pk))
        self.publish({"kind": "start", "story": {"headline": "Once more"}})

        visit.page.clock.fast_forward("03:00")

        visit.wait_for("text=Once more")
        visit.wait_for('[data-state="live"]')

    def test_board_shows_the_contest_that_the_broadcast_shows(self):
        contests = show(president="us-president-2024", senate="us-senate-2024")
        self.broadcast = Broadcast.objects.create(
            slug=f"{self.broadcast.slug}-two",
            title="Two",
            contests=keep_all(contests.editions),
            approval="never",
        )
        self.publish = publisher(self.server, self.broadcast)
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.path = f"/broadcasts/{self.broadcast.slug}/"
        visit = self.board()
        visit.wait_for('.board-score-shown [data-score="president"]')
        visit.wait_for('.board-score-others [data-score="senate"]')

        self.publish({"view": {"contest": "senate"}})

        visit.wait_for('.board-score-shown [data-score="senate"]')
        visit.wait_for('.board-score-others [data-score="president"]')
        visit.wait_for('.map[aria-label*="Senate"]')

    def test_board_fits_every_screen_without_scrolling(self):
        self.publish(PA_TO_BIDEN | {"story": {"headline": LONG[:200]}})
        for width, height in SCREENS:
            visit = self.visit(viewport={"width": width, "height": height})
            page = visit.open_late(f"{self.path}board/", LONG[:50])
            self.assertEqual(page.evaluate(OUTSIDE), [], width)
            scroll = page.evaluate("document.querySelector('.board').scrollHeight - innerHeight")
            self.assertLessEqual(scroll, 0, width)
            number = page.evaluate(
                "parseFloat(getComputedStyle(document.querySelector('.board-won')).fontSize)"
            )
            self.assertGreaterEqual(number, 0.05 * width)  # read across a room
            map_box = page.locator(".map").bounding_box()
            self.assertGreater(map_box["height"], 0.45 * height)
            seen, calls = page.evaluate(SEEN)
            self.assertGreaterEqual(seen, 5)
            self.assertEqual(calls, 1)
            page.wait_for_selector(f'.board-undecided >> text="+{55 - seen} more"')

    def test_map_does_not_move_with_the_length_of_the_headline(self):
        visit = self.board()
        visit.wait_for("html[data-started]")
        before = visit.page.locator(".map").bounding_box()
        for headline in ("Short", LONG[:200], ""):
            self.publish({"story": {"headline": headline}})
            visit.page.wait_for_function(
                "words => document.querySelector('h2').textContent === words", arg=headline
            )
            self.assertEqual(visit.page.locator(".map").bounding_box(), before, headline)

    def test_map_does_not_move_when_a_box_is_called_or_a_side_wins(self):
        visit = self.board()
        visit.wait_for("html[data-started]")
        before = visit.page.locator(".map").bounding_box()
        self.publish(Evening().call("VT", "Vermont"))
        visit.wait_for('.boxes [data-unit="VT"][data-party="D"]')
        self.assertEqual(visit.page.locator(".map").bounding_box(), before)

        self.publish(Evening().call("CA NY IL PA MI NJ VA WA GA AZ MA MD MN WI CO CT OR", "Biden"))

        visit.wait_for('.board-score-shown [data-side="left"] >> text=✓ past 270')
        self.assertEqual(visit.page.locator(".map").bounding_box(), before)
        sizes = visit.page.evaluate(NAME_SIZES)
        self.assertGreater(sizes["Biden"], 1.5 * sizes["Trump"])
        to_win = visit.page.locator("text=270 to win").bounding_box()
        rest = visit.page.locator(".board-rest >> text=Not called").bounding_box()
        self.assertAlmostEqual(to_win["x"] + to_win["width"] / 2, 640, delta=1)  # as its tick
        self.assertLessEqual(rest["y"] + rest["height"], to_win["y"])
        tick = visit.page.locator(".board-score-shown .tally-mark").bounding_box()
        self.assertAlmostEqual(to_win["y"] + to_win["height"], tick["y"], delta=2)

        [contest] = self.broadcast.show.contests.values()
        in_a_thread(spread, with_names(contest, D="Montgomery-Blackwood"))
        visit.open_late(f"{self.path}board/", "Montgomery")
        name = visit.page.locator('.board-score-shown [data-side="left"] .words')
        self.assertEqual(name.evaluate("each => each.scrollWidth - each.clientWidth"), 0)

    def test_board_is_accessible(self):
        self.publish(PA_TO_BIDEN)
        for scheme in ("light", "dark"):
            visit = self.visit(color_scheme=scheme)
            page = visit.open_late(f"{self.path}board/", "Pennsylvania goes")
            self.assertEqual(violations(page), [], scheme)
