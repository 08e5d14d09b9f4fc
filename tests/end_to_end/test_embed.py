"""The embedded map on a page of another origin, in a browser."""

import math
import re

from django.test import TransactionTestCase

from broadcaster.domain.geometry import shipped
from broadcaster.management.evening import Evening
from broadcaster.publishing.lineup import spread
from broadcaster.rendering.picture import view_box
from tests.support.audience import BrowserAudience
from tests.support.browser import Visit, in_a_thread, launch, ticks, violations
from tests.support.changes import PA_TO_BIDEN
from tests.support.contests import with_names
from tests.support.newspaper import Newspaper
from tests.support.server import wait_for
from viewers.pages.embed import HEIGHTS

LONGEST = "The count goes on in Georgia, North Carolina and Alaska, where both sides hope. " * 2 + (
    "No call is expected before tomorrow."
)
LONG_NAME = "Montgomery-Blackwood"
NAMES = """() => [...document.querySelectorAll(".tally-side .name")]
  .map((name) => [getComputedStyle(name).fontSize, name.querySelector(".words").textContent])"""
"""The sizes of the letters in which sides have their names."""
LETTERS = """() => [...document.querySelectorAll('.map-labels [data-unit="CA"] :is(.code, .votes)')]
  .filter((text) => text.checkVisibility())
  .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
"""The sizes of California's code and votes on the map, in pixels."""


class EmbeddedMap(BrowserAudience, TransactionTestCase):
    environment = {"ALLOWED_HOSTS": "127.0.0.1"}

    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def newspaper(self, visit, frame):
        """Open a page of another origin with `frame` in it, and return the page."""
        newspaper = self.enterContext(Newspaper(f"<!doctype html><title>News</title>{frame}"))
        visit.page.goto(f"http://localhost:{newspaper.server_port}/")
        return visit.page

    def test_code_embeds_a_live_map_on_another_origin(self):
        visit = self.visit(color_scheme="dark", reduced_motion="reduce")
        code = visit.open(self.path + "embedding/").input_value("textarea")
        frame = self.newspaper(visit, code).frame_locator("iframe")
        frame.locator("text=Good evening").wait_for()

        self.publish(PA_TO_BIDEN | {"view": {"focus": "OH"}})

        frame.locator("text=Pennsylvania goes to Biden").wait_for()
        frame.locator('.map-shapes [data-unit="PA"][data-party="D"]').wait_for()
        frame.locator('.tally [data-part="D"]:text("20")').wait_for()
        view = frame.locator(".map").get_attribute("viewBox")  # at once, with reduced motion
        self.assertEqual(view, view_box(shipped("us-states").shape_of["OH"].view))
        self.assertEqual(visit.errors, [])

    def sized_frame(self, visit, more=""):
        """Open a page of another origin with the code of the embed, once its frame is sized."""
        code = visit.open(self.path + "embedding/").input_value("textarea")
        self.assertEqual(len(re.findall("<script ", code)), 1)
        page = self.newspaper(visit, code + more)
        frame = page.frame_locator("iframe >> nth=0")
        self.wait_until_sized(frame)
        return page, frame

    def wait_until_sized(self, frame):
        """Wait until the page in the frame has told its height. Before, the frame may be empty."""
        frame.locator("html[data-sized]").wait_for(state="attached")

    def wait_until_it_fits(self, page, frame):
        """Wait until the frame is as high as its content. Return its height."""
        outer = page.locator("iframe >> nth=0")

        def heights():
            inner = frame.locator("body").evaluate("body => body.getBoundingClientRect().height")
            return math.ceil(inner), outer.bounding_box()["height"]

        wait_for(lambda: len(set(heights())) == 1, "the frame's height")
        return heights()[0]

    def test_frame_has_the_height_of_its_content(self):
        visit = self.visit(viewport={"width": 900, "height": 700})
        page, frame = self.sized_frame(visit)
        before = self.wait_until_it_fits(page, frame)

        frame.locator("summary >> nth=0").click()
        opened = self.wait_until_it_fits(page, frame)
        self.assertGreater(opened, before + 500)  # the table of all results
        frame.locator("summary >> nth=0").click()
        self.assertEqual(self.wait_until_it_fits(page, frame), before)

        self.publish({"story": {"headline": LONGEST}})
        page.set_viewport_size({"width": 400, "height": 700})
        frame.locator('[data-fold="headline"]').click()
        unfolded = self.wait_until_it_fits(page, frame)
        self.assertTrue(frame.locator(".headline[data-open]").is_visible())
        self.assertNotEqual(unfolded, before)
        page.reload()  # frame and script come in any order
        self.wait_until_sized(frame)
        self.wait_until_it_fits(page, frame)
        self.assertEqual(visit.errors, [])

    def test_sandboxed_frame_has_the_height_of_its_content(self):
        visit = self.visit(viewport={"width": 900, "height": 700})
        code = visit.open(self.path + "embedding/").input_value("textarea")
        page = self.newspaper(visit, code.replace("<iframe ", '<iframe sandbox="allow-scripts" '))
        frame = page.frame_locator("iframe")
        frame.locator("html[data-sized]").wait_for(state="attached")
        self.wait_until_it_fits(page, frame)

    def test_frame_has_no_scroll_bar_beside_the_map(self):
        browser = launch(self.browser.browser_type, ignore_default_args=["--hide-scrollbars"])
        self.addCleanup(browser.close)
        visit = Visit(browser, self.server, viewport={"width": 900, "height": 2000})

        page, frame = self.sized_frame(visit)
        frame.locator("summary >> nth=0").click()

        height = self.wait_until_it_fits(page, frame)
        self.assertGreater(height, HEIGHTS["both"])  # of the frame in the code
        widths = "html => [html.clientWidth, innerWidth]"
        self.assertEqual(*frame.locator("html").evaluate(widths))

    def frames(self):
        """Open the map in three widths. Return each page with the place of its map."""
        found = []
        for width in (640, 360, 320):
            viewport = {"width": width, "height": HEIGHTS["both"]}
            visit = self.visit(viewport=viewport, reduced_motion="reduce")
            page = visit.open(self.path + "embed/")
            visit.wait_for('[data-state="live"]')
            found.append((page, page.locator(".map").bounding_box()))
        return found

    def test_map_keeps_its_place_whatever_is_published(self):
        frames = self.frames()
        for page, place in frames:
            self.assertLess(place["y"], 300, page.viewport_size)
            self.assertEqual(place["width"], page.viewport_size["width"])
            overflow = page.evaluate("document.documentElement.scrollHeight - innerHeight")
            self.assertEqual(overflow, 0)
        correction = {"kind": "correct", "corrects": 2, "reason": "Too early"}
        retracted = {"calls": {"president": {"PA": {"status": "retracted"}}}}
        for headline, change in {
            PA_TO_BIDEN["story"]["headline"]: PA_TO_BIDEN,
            LONGEST: {"story": {"headline": LONGEST}},
            "": {"story": {"headline": ""}},
            "Not called": correction | retracted | {"story": {"headline": "Not called"}},
            "The end": {"kind": "end", "story": {"headline": "The end"}},
        }.items():
            self.publish(change)
            for page, place in frames:
                page.wait_for_function(
                    "words => document.querySelector('.headline').textContent === words",
                    arg=headline,
                )
                self.assertEqual(page.locator(".map").bounding_box(), place, headline)
                signs = page.locator(".legend li:visible").all_inner_texts()
                withdrawn = ["⚑ Call withdrawn"] if headline in ("Not called", "The end") else []
                self.assertEqual([" ".join(sign.split()) for sign in signs], withdrawn, headline)
                fold = page.locator('[data-fold="headline"]')
                self.assertEqual(fold.is_visible(), headline == LONGEST, headline)
                if headline == LONGEST:
                    fold.click()
                    page.wait_for_selector(".headline[data-open]")
                    moved = page.locator(".map").bounding_box()["y"]
                    self.assertGreater(moved, place["y"])
        for page, place in frames:
            page.reload()  # the same before the script runs
            self.assertEqual(page.locator(".map").bounding_box(), place)

    def test_winner_is_filled_and_the_map_stays_where_it_is(self):
        frames = self.frames()
        races = "CA NY IL PA MI NJ VA WA GA AZ MA MD MN WI CO CT OR"
        self.publish(Evening().call(races, "Biden wins"))

        for page, before in frames:
            winner = page.wait_for_selector('.tally-side[data-party="D"]:has-text("✓")')
            self.assertEqual(ticks(page), [[12, 8, 8]])
            ink = winner.evaluate("side => getComputedStyle(side, '::before').backgroundColor")
            self.assertEqual(ink, "rgb(31, 95, 168)")
            self.assertTrue(winner.query_selector(':text("reaches 270")').is_visible())
            self.assertEqual(page.locator(".map").bounding_box(), before)
            self.assertEqual(page.evaluate(NAMES), [["28px", "Biden"], ["16px", "Trump"]])
        code, votes = frames[0][0].evaluate(LETTERS)
        self.assertAlmostEqual(code, 13, delta=0.5)
        self.assertAlmostEqual(votes, 11, delta=0.5)

        [contest] = self.broadcast.show.contests.values()
        in_a_thread(spread, with_names(contest, D=LONG_NAME, R=LONG_NAME))
        for page, before in frames:
            page.wait_for_selector(f'.name:has-text("{LONG_NAME}")')
            self.assertEqual(page.evaluate(NAMES), [["22px", LONG_NAME], ["16px", LONG_NAME]])
            left, right = (each.bounding_box() for each in page.locator(".tally-side").all())
            self.assertLess(left["x"] + left["width"], right["x"])
            width = page.viewport_size["width"]
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), width)
            self.assertEqual(page.locator(".map").bounding_box(), before)

    def test_messages_of_other_frames_are_ignored(self):
        other = self.enterContext(
            Newspaper(
                """<script>
                parent.postMessage({ mapcenter: "height", height: 5 }, "*");
                parent.frames[0].postMessage({ mapcenter: "size" }, "*");
                document.title = "sent";
                </script>"""
            )
        )
        frames = f'<iframe height="150" src="http://localhost:{other.server_port}/"></iframe>'
        visit = self.visit(viewport={"width": 900, "height": 700})
        page, frame = self.sized_frame(visit, frames)
        height = self.wait_until_it_fits(page, frame)
        page.wait_for_function("() => frames.length === 2")
        self.assertEqual(page.locator("iframe >> nth=1").bounding_box()["height"], 154)  # borders
        self.assertEqual(self.wait_until_it_fits(page, frame), height)

        map_alone = f'<iframe height="300" src="{self.server.url}{self.path}embed/"></iframe>'
        page = self.newspaper(visit, map_alone + frames)  # without the script
        frame = page.frame_locator("iframe >> nth=0")
        frame.locator('[data-state="live"]').wait_for()
        page.frame_locator("iframe >> nth=1").locator("body").wait_for(state="attached")
        self.assertEqual(frame.locator("html[data-sized]").count(), 0)

    def test_correction_is_also_marked_for_viewers_who_come_later(self):
        early = self.visit()
        early.open(self.path + "embed/")
        early.wait_for('[data-state="live"]')
        self.publish(PA_TO_BIDEN)
        early.wait_for('.tally [data-part="D"]:text("20")')
        self.assertFalse(early.page.is_visible("text=Corrected"))
        correction = {"kind": "correct", "corrects": 2, "reason": "Too early"}
        story = {"headline": "Pennsylvania is not called"}
        self.publish(
            correction | {"calls": {"president": {"PA": {"status": "retracted"}}}, "story": story}
        )
        early.wait_for("text=Pennsylvania is not called")
        late = self.visit(java_script_enabled=False)
        late.open_late(self.path + "embed/", "Pennsylvania is not called")
        for visit in (early, late):
            text = visit.page.inner_text('[data-part="corrected"]')
            self.assertEqual(text, "Corrected Pennsylvania")
            self.assertEqual(visit.page.locator('tr[data-unit="PA"][data-corrected]').count(), 1)
            height = visit.page.evaluate("document.documentElement.scrollHeight - innerHeight")
            self.assertLessEqual(height, 0)

    def test_live_page_cannot_be_framed(self):
        visit = self.visit()
        frame = f'<iframe src="{self.server.url}{self.path}"></iframe>'
        with visit.page.expect_event("console", lambda message: "frame-ancestors" in message.text):
            self.newspaper(visit, frame)

    def test_choices_change_the_code_and_the_preview(self):
        visit = self.visit(viewport={"width": 1440, "height": 1000})
        page = visit.open(self.path + "embedding/")

        page.check("text=/^ ?Tally$/")
        page.check("text=Dark")
        page.fill("[name=width]", "400")
        page.press("[name=width]", "Tab")

        frame = page.wait_for_selector('iframe[width="400"][src$="?theme=dark&show=tally"]')
        self.assertEqual(frame.get_attribute("height"), "312")
        self.assertIn("?theme=dark&amp;show=tally", page.input_value("textarea"))
        preview = page.frame_locator("iframe")
        preview.locator(".tally").wait_for()
        self.assertEqual(preview.locator(".map").count(), 0)
        self.assertEqual(visit.errors, [])

    def test_frame_and_code_page_are_accessible(self):
        self.publish(PA_TO_BIDEN)
        for path in ("embed/?theme=light", "embed/?theme=dark", "embed/?show=tally", "embedding/"):
            page = self.visit().open(self.path + path)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                self.assertEqual(violations(page), [], f"{path} {scheme}")

    def test_frame_fits_160_pixels(self):
        races = "CA NY IL PA MI NJ VA WA GA AZ MA MD MN WI CO CT OR"
        self.publish(Evening().call(races, "Biden wins"))
        page = self.visit(viewport={"width": 160, "height": 480}).open(self.path + "embed/")
        self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 160)

    def test_tally_fits_240_pixels(self):
        self.publish(PA_TO_BIDEN)
        for width in (640, 360, 320):
            visit = self.visit(viewport={"width": width, "height": 240})
            page = visit.open_late(self.path + "embed/?show=tally", "Pennsylvania goes")
            root = page.locator("html")
            size = root.evaluate("({scrollWidth, scrollHeight}) => [scrollWidth, scrollHeight]")
            self.assertEqual(size, [width, 240])
            for part in (".headline", ".status", ".tally-threshold", "summary"):
                self.assertTrue(page.is_visible(part), part)

    def test_frame_and_code_page_fit_320_pixels(self):
        for path in ("embed/", "embedding/"):
            page = self.visit(viewport={"width": 320, "height": 480}).open(self.path + path)
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 320, path)
        for box in page.locator("fieldset, select, textarea, iframe").all():
            place = box.bounding_box()
            self.assertLessEqual(place["x"] + place["width"], 304)  # the page's margin
