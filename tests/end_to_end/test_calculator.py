"""The calculator in a browser, used by mouse, keyboard or menus, and without JavaScript."""

from django.test import TransactionTestCase

from tests.support.audience import BrowserAudience
from tests.support.browser import violations
from tests.support.changes import PA_TO_BIDEN
from tests.support.contests import PRESIDENT_2020
from viewers.pages.scenario import encode

HEADINGS = """
    [...document.querySelectorAll(".choices thead th")].slice(-2).map((heading) => {
        const range = document.createRange();
        range.selectNodeContents(heading);
        return range.getBoundingClientRect().toJSON();
    })
"""  # the places of the words in the last two headings


class CalculatorPage(BrowserAudience, TransactionTestCase):
    def setUp(self):
        super().setUp()
        for change in ({"kind": "start"}, PA_TO_BIDEN):
            self.publish(change)

    def calculator(self, query="", **options):
        """Open the calculator, and wait until its script has run."""
        visit = self.visit(**options)
        visit.open(f"{self.path}calculator/{query}")
        if options.get("java_script_enabled", True):
            visit.wait_for('.map[role="application"]')
        return visit

    def tally(self, page):
        return [page.inner_text(f'.tally [data-part="{part}"]') for part in ("D", "R", "uncalled")]

    def test_clicks_go_through_the_parties_and_the_address_has_the_map(self):
        visit = self.calculator(viewport={"width": 1440, "height": 1000})
        page, texas = visit.page, '.map-shapes [data-unit="TX"]'
        for party, tally in (
            ("D", ["58", "0", "480"]),
            ("R", ["20", "38", "480"]),
            ("O", ["20", "0", "480"]),
            ("", ["20", "0", "518"]),
            ("D", ["58", "0", "480"]),
        ):
            page.click(texas)
            self.assertEqual(page.get_attribute(texas, "data-party"), party)
            self.assertEqual(page.input_value('select[name="race.TX"]'), party)
            self.assertEqual(self.tally(page), tally)
        page.click('.boxes [data-unit="ME-2"]')
        shared = page.input_value("#share")
        self.assertIn(
            encode({"PA": "D", "TX": "D", "ME-2": "D"}, PRESIDENT_2020.contests["president"]),
            shared,
        )

        page.reload()  # the page reads the map from its address
        self.assertEqual(self.tally(page), ["59", "0", "479"])
        plain = self.visit(java_script_enabled=False)
        page = plain.open(shared.removeprefix(self.server.url))
        self.assertEqual(self.tally(page), ["59", "0", "479"])
        self.assertEqual(visit.errors, [])

    def test_calls_of_the_broadcast_are_disabled_until_the_viewer_unchecks_them(self):
        page = self.calculator().page
        page.click('.boxes [data-unit="ME-2"]')
        page.click('.map-shapes [data-unit="PA"]')
        self.assertIn("Biden (D), called tonight", page.inner_text('[data-part="announcement"]'))
        self.assertTrue(page.is_disabled('select[name="race.PA"]'))
        self.assertEqual(self.tally(page), ["21", "0", "517"])

        page.uncheck("[name=keep]")
        page.select_option('select[name="race.PA"]', "R")
        self.assertEqual(self.tally(page), ["1", "20", "517"])
        page.check("[name=keep]")
        self.assertEqual(self.tally(page), ["21", "0", "517"])
        page.click("text=the calls now")
        self.assertEqual(self.tally(page), ["20", "0", "518"])

    def test_map_and_totals_stay_in_view_down_to_the_last_menu(self):
        page = self.calculator(viewport={"width": 1440, "height": 900}).page
        page.focus('select[name="race.WY"]')
        page.select_option('select[name="race.WY"]', "R")
        self.assertEqual(self.tally(page), ["20", "3", "515"])
        for part in (".tally", ".map", '[data-part="announcement"]', 'select[name="race.WY"]'):
            place = page.locator(part).bounding_box()
            self.assertGreaterEqual(place["y"], 0, part)
            self.assertLessEqual(place["y"] + place["height"], 900, part)

    def test_open_races_are_first_and_rows_move_when_the_list_is_left(self):
        visit = self.calculator(viewport={"width": 1440, "height": 900})
        page = visit.page

        def groups():
            return page.locator("[data-choices]").evaluate_all(
                """all => all.map((group) => [
                    group.rows[0].textContent, group.rows[1]?.dataset.unit ?? ""])"""
            )

        california = 'select[name="race.CA"]'
        before = [["Still open 55", "CA"], ["Your calls 0", ""], ["Called tonight 1", "PA"]]
        self.assertEqual(groups(), before)
        place = page.locator(california).bounding_box()
        page.focus(california)
        page.select_option(california, "D")
        page.focus('select[name="race.TX"]')
        page.focus(california)
        self.assertEqual(page.locator(california).bounding_box(), place)
        page.focus(".map")
        after = [["Still open 54", "TX"], ["Your calls 1", "CA"], ["Called tonight 1", "PA"]]
        self.assertEqual(groups(), after)
        page.click('.map-shapes [data-unit="TX"]')
        page.uncheck("[name=keep]")
        self.assertEqual([title for title, _ in groups()][:2], ["Still open 53", "Your calls 3"])
        page.reload()
        visit.wait_for('.map[role="application"]')
        self.assertEqual([title for title, _ in groups()][:2], ["Still open 53", "Your calls 3"])

    def test_headings_of_the_table_do_not_touch(self):
        for language in ("", "/es"):
            visit = self.visit()
            page = visit.open(f"{language}{self.path}calculator/")
            for width in (1440, 600, 360, 320):
                page.set_viewport_size({"width": width, "height": 800})
                with self.subTest(language=language, width=width):
                    weights, winners = page.evaluate(HEADINGS)
                    self.assertGreaterEqual(winners["left"] - weights["right"], 4)

    def test_map_begins_in_the_upper_part_of_a_phone(self):
        for width in (360, 320):
            page = self.calculator(viewport={"width": width, "height": 740}).page
            self.assertLess(page.locator(".map").bounding_box()["y"], 300)

    def test_card_says_what_a_click_does(self):
        page = self.calculator().page
        page.hover('.map-shapes [data-unit="TX"]')
        card = page.locator('[data-part="facts"]')
        lines = ["Texas", "Electoral votes: 38", "Not called", "Click or Enter: Biden"]
        self.assertEqual([line for line in card.inner_text().split("\n") if line], lines)
        page.click('.map-shapes [data-unit="TX"]')
        page.wait_for_selector('[data-part="facts-click"]:text("Click or Enter: Trump")')
        page.hover('.map-shapes [data-unit="PA"]')
        page.wait_for_selector('[data-part="facts-click"]:text("called tonight")')
        page.hover("h1")
        card.wait_for(state="hidden")

    def test_map_can_be_used_by_keyboard(self):
        page = self.calculator().page
        page.focus(".map")
        announced = []
        for key in ("ArrowRight", "Enter", "ArrowDown", "Enter", "Enter", "ArrowUp"):
            page.keyboard.press(key)
            announced.append(page.inner_text('[data-part="announcement"]').split(".")[0])
        self.assertEqual(
            announced,
            [
                "Kansas (electoral votes: 6): not called",
                "Kansas (electoral votes: 6): Biden (D)",
                "Oklahoma (electoral votes: 7): not called",
                "Oklahoma (electoral votes: 7): Biden (D)",
                "Oklahoma (electoral votes: 7): Trump (R)",
                "Kansas (electoral votes: 6): Biden (D)",
            ],
        )
        self.assertEqual(self.tally(page), ["26", "7", "505"])
        page.focus('select[name="race.CA"]')
        page.keyboard.press("B")  # menus choose by first letter: Biden
        self.assertEqual(self.tally(page), ["81", "7", "450"])

    def test_candidate_who_passes_270_is_announced_and_shown(self):
        page = self.calculator("?from=2012").page
        self.assertTrue(page.is_visible('[data-passed="D"]'))
        for unit, winner in (("CA", "Biden"), ("FL", "Trump")):  # 277 and 261, 248 and 290
            page.select_option(f'select[name="race.{unit}"]', "R")
            self.assertIn(f"{winner} is past 270", page.inner_text('[data-part="announcement"]'))
        self.assertFalse(page.is_visible('[data-passed="D"]'))
        self.assertTrue(page.is_visible('[data-passed="R"]'))

    def test_menus_and_button_work_without_javascript(self):
        page = self.calculator(java_script_enabled=False).page
        page.select_option('select[name="race.TX"]', "R")
        page.click("noscript button")
        self.assertEqual(self.tally(page), ["20", "38", "480"])
        self.assertTrue(page.is_checked("[name=keep]"))

    def test_page_is_accessible_and_fits_a_small_phone(self):
        for scheme in ("light", "dark"):
            options = {"color_scheme": scheme, "reduced_motion": "reduce"}  # colours do not fade
            page = self.calculator("?from=2016", **options).page
            page.click('.map-shapes [data-unit="TX"]')
            self.assertEqual(violations(page), [], scheme)
        small = self.calculator(viewport={"width": 320, "height": 640}).page
        self.assertLessEqual(small.evaluate("document.documentElement.scrollWidth"), 320)

    def test_live_page_links_to_the_calculator(self):
        visit = self.visit()
        visit.open(self.path).click(".more summary")
        visit.page.click("text=Calculator")
        visit.wait_for("text=Your calls")
