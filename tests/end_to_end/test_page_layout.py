"""The layout of the live page: nothing jumps, and what a viewer asks for is on the screen."""

from django.test import TransactionTestCase
from django.utils import timezone
from msgspec.structs import replace

from broadcaster.domain.show import Edition
from broadcaster.models import Broadcast
from broadcaster.models.contests import keep_all
from broadcaster.publishing.lineup import spread
from tests.support.audience import BrowserAudience
from tests.support.browser import in_a_thread
from tests.support.contests import parliament, parsed, show
from tests.support.portrait import portrait
from tests.support.server import wait_for
from tests.support.staff import publisher

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
TABLET, SMALL = {"width": 800, "height": 1000}, {"width": 320, "height": 640}
LOW = {"width": 1366, "height": 768}
LONG = "Pennsylvania, the last of the three states along the lakes, goes to Biden, who reaches 270"
LONGEST = (
    f"{LONG} electoral votes; the count goes on in Georgia, North Carolina and Alaska, where both"
)
WEST = ("CA", "WA", "OR", "CO", "NM", "HI")
WINNING = ("CA", "NY", "IL", "PA", "MI", "WI", "MN", "WA", "OR", "CO", "NM", "VA", "NJ", "MD")
LABELS = """least => [...document.querySelectorAll(".map-labels [data-alone]")].flatMap((label) => {
    const { unit } = label.dataset;
    const shape = document.querySelector(`.map-shapes [data-unit="${unit}"]`);
    if (shape.getBoundingClientRect().width <= least) return [];
    const texts = [...label.querySelectorAll(".code, .fact")];
    const scale = label.getScreenCTM().a;
    const isReadable = (text) => {
        const box = text.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(text).fontSize) * scale;
        const at = new DOMPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
        const point = at.matrixTransform(shape.getScreenCTM().inverse());
        const isInside = "beside" in label.dataset || shape.isPointInFill(point);
        return box.width > 0 && size >= 7.99 * (label.dataset.tight ?? 1) && isInside;
    };
    return [{unit, isReadable: texts.length === 2 && texts.every(isReadable)}];
})"""
"""The labels of shapes that are wider than some pixels, and whether code and letter are on them."""
NEARLY = "Trump wins, 312 electoral votes to 226; Republicans have 53 seats of the Senate"
WORDS_BELOW_MORE = """() => {
    const headline = document.querySelector(".headline");
    const more = document.querySelector("[data-fold=headline]").getBoundingClientRect();
    const shown = headline.getBoundingClientRect();
    const range = document.createRange();
    return [...headline.textContent.matchAll(/\\S+/g)].flatMap(({ index, 0: word }) => {
        range.setStart(headline.firstChild, index);
        range.setEnd(headline.firstChild, index + word.length);
        const { left, right, top, bottom } = range.getBoundingClientRect();
        const middle = (top + bottom) / 2;
        const isShown = middle < shown.bottom && right <= shown.right + 1;
        const isBelow = right > more.left + 1 && left < more.right;
        return isShown && isBelow && middle > more.top && middle < more.bottom ? [word] : [];
    });
}"""
"""The words of the headline that the button *More* covers."""
BODY = "All three are within two points, and mail ballots that arrive by Friday are counted. " * 4


def call(party, *units, **story):
    calls = {unit: {"status": "called", "party": party} for unit in units}
    return {"calls": {"president": calls}, "story": {"headline": "Called", **story}}


class PageLayout(BrowserAudience, TransactionTestCase):
    def viewer(self, viewport, **options):
        visit = self.visit(viewport=viewport, **options)
        visit.open(self.path)
        visit.wait_for('[data-state="live"]')
        return visit.page

    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def test_map_buttons_and_list_keep_their_places_whatever_is_published(self):
        pages = [self.viewer(size) for size in (DESKTOP, TABLET, PHONE, SMALL)]
        places = [self.places(page) for page in pages]
        keys = {
            "": ["Biden", "Trump", "Not called"],
            "Not called": ["Biden", "Trump", "Not called", "Call withdrawn"],
            "Another party": ["Biden", "Trump", "Other", "Not called", "Call withdrawn"],
            "Trump wins": ["Biden", "Trump", "Other", "Call withdrawn"],
        }
        correction = {"kind": "correct", "corrects": 3, "reason": "Too early"}
        retracted = {"calls": {"president": {"AZ": {"status": "retracted"}}}}
        for headline, change in {
            "": {"story": {"headline": ""}},
            "Arizona goes to Biden": call("D", "AZ", headline="Arizona goes to Biden"),
            LONG: {"story": {"headline": LONG, "body": BODY}},
            LONGEST: {"story": {"headline": LONGEST}},
            "Not called": correction | retracted | {"story": {"headline": "Not called"}},
            "Biden leads": call("D", *WEST, headline="Biden leads"),
            "Another party": call("O", "ME-2", headline="Another party"),
            "Trump wins": call("R", *self.others("AZ", "ME-2", *WEST), headline="Trump wins"),
            "We will be back": {"kind": "hold", "story": {"headline": "We will be back"}},
            "The end": {"kind": "end", "story": {"headline": "The end"}},
        }.items():
            self.publish(change)
            for page, place in zip(pages, places, strict=True):
                page.wait_for_function(
                    "words => document.querySelector('.headline').textContent === words",
                    arg=headline,
                )
                self.assertEqual(self.places(page), place, headline)
                self.assertEqual(self.titles(page), ["lead" if not headline else "h1"])
                if headline in keys:
                    self.assertEqual(self.key(page), keys[headline])
        for page in pages:  # after the end nothing can be paused
            self.assertFalse(page.is_visible('.actions [data-action="pause"]'))

    def places(self, page):
        """Return where map, buttons, boxes and key are, and on a desktop the list beside them."""
        parts = [".map", '.actions [data-action="pause"]', ".more summary", ".boxes", ".legend"]
        if page.viewport_size == DESKTOP:
            parts.append("#undecided")
        boxes = {part: page.locator(part).bounding_box() for part in parts}
        whole = [page.locator(part).bounding_box() for part in (".map", ".scoreboard .tally-bar")]
        places = {part: (box["x"], round(box["y"])) for part, box in boxes.items()}
        sizes = [{name: round(pixels) for name, pixels in box.items()} for box in whole]
        return places | {"whole": sizes}  # a close view may change a fraction of a pixel

    def titles(self, page):
        """Return where the title of the broadcast is seen: in its own line, or as the headline."""
        in_lead = "e => getComputedStyle(e, '::before').content !== 'none'"
        own = page.eval_on_selector("h1", "e => getComputedStyle(e).opacity !== '0'")
        return ["h1"] * own + ["lead"] * page.eval_on_selector(".lead", in_lead)

    def key(self, page):
        """Return the words of the signs that the map's key explains."""
        items = page.locator(".picture .legend li:visible").all()
        return [item.inner_text().strip().split("\n")[-1] for item in items]

    def test_notices_of_what_a_viewer_chose_move_nothing(self):
        for size in (DESKTOP, PHONE, SMALL):
            page = self.viewer(size, reduced_motion="reduce")
            place = self.places(page)
            page.click('.actions [data-action="pause"]')
            page.wait_for_selector('[data-notice="paused"]')
            self.assertEqual(self.places(page), place)
            page.press(".map", "ArrowUp")
            page.click('[data-action="zoom"]')
            page.click('[data-action="close"]')
            page.wait_for_selector('[data-notice="exploring"]')
            self.assertEqual(self.places(page), place)
            page.select_option('[data-part="layer"]', "counted")
            page.wait_for_selector('[data-notice="layer"]')
            self.assertEqual(self.places(page), place)
            page.click('[data-action="tonight"]')
            page.click('[data-action="follow"]')
            page.click('[data-notice="paused"] button')
            page.wait_for_selector(".notice", state="hidden")

    def others(self, *races):
        """Return the races of the contest but for some."""
        [contest] = self.broadcast.show.contests.values()
        return [race.id for race in contest.races if race.id not in races]

    def test_headline_that_is_cut_can_be_read_whole(self):
        page = self.viewer(PHONE)
        cut = "e => e.scrollHeight > e.clientHeight + 1"
        self.assertFalse(page.is_visible('[data-fold="headline"]'))
        self.publish({"story": {"headline": NEARLY}})  # it has smaller letters
        page.wait_for_selector(f'.headline:text-is("{NEARLY}")')
        self.assertFalse(page.is_visible('[data-fold="headline"]'))
        self.assertFalse(page.eval_on_selector(".headline", cut))
        self.publish({"story": {"headline": LONGEST}})
        page.wait_for_selector('[data-fold="headline"]')
        self.assertTrue(page.eval_on_selector(".headline", cut))
        self.assertEqual(page.evaluate(WORDS_BELOW_MORE), [])
        page.emulate_media(media="print")
        self.assertFalse(page.eval_on_selector(".headline", cut))
        page.emulate_media(media="screen")
        page.click('[data-fold="headline"]')
        self.assertFalse(page.eval_on_selector(".headline", cut))

        page.goto(f"{self.server.url}{self.path}?at=2")  # which has no script to unfold it
        self.assertFalse(page.eval_on_selector(".headline", cut))

        page.goto(f"{self.server.url}{self.path}replay/")
        page.press('[data-part="slider"]:enabled', "End")
        page.click('[data-fold="headline"]')
        self.assertFalse(page.eval_on_selector(".headline", cut))

    def test_map_begins_in_the_upper_part_of_a_phone(self):
        page = self.viewer(PHONE)
        self.assertLess(page.locator(".map").bounding_box()["y"], 300)

    def test_states_have_code_and_letter_on_a_phone_once_they_are_called(self):
        [contest] = self.broadcast.show.contests.values()
        self.publish(call("D", *contest.race_of))
        for viewport in (PHONE, SMALL):
            page = self.viewer(viewport)
            page.wait_for_selector('.map-shapes [data-unit="TX"][data-party="D"]')
            labels = page.evaluate(LABELS, 22)
            self.assertGreater(len(labels), 35)
            self.assertEqual([each for each in labels if not each["isReadable"]], [])
            passed = page.locator('.scoreboard [data-passed="D"]').bounding_box()
            self.assertLess(passed["height"], 28)  # one line: ✓ past 270
            self.assertFalse(page.is_visible(".tally-rest >> text=Not called"))  # none is left
        certified = {"PA": {"status": "certified", "party": "D"}}
        self.publish({"calls": {"president": certified}, "story": {"headline": "Certified"}})
        label = page.locator('.map-labels [data-unit="PA"][data-status="certified"]')
        code, mark = (label.locator(part).bounding_box() for part in (".code", ".fact"))
        overlap = code["x"] + code["width"] - mark["x"]
        self.assertLess(overlap, 2)  # PA D✓: the edges of the letters alone

    def test_shapes_without_room_have_no_code_on_a_phone(self):
        edition = Edition(*parsed(*parliament(60)))
        Broadcast.objects.create(slug="house", title="House", contests=keep_all({"house": edition}))
        page = self.visit(viewport=PHONE).open("/broadcasts/house/")
        self.assertEqual(page.locator(".map-labels .code").count(), 60)
        self.assertEqual(page.locator(".map-labels .code:visible").count(), 0)

    def test_tap_on_a_phone_shows_the_facts_on_the_screen(self):
        page = self.viewer(PHONE, has_touch=True)
        page.tap('.map-shapes [data-unit="TX"]')
        page.wait_for_selector('[data-part="facts"]')
        box = page.locator('[data-part="facts"]').bounding_box()
        self.assertLessEqual(box["y"] + box["height"], PHONE["height"])
        self.assertLessEqual(box["height"], 0.4 * PHONE["height"])
        self.assertEqual(page.get_attribute(".map", "data-focus"), "")  # a button zooms

    def test_mouse_over_a_race_shows_its_facts_until_it_leaves(self):
        page = self.viewer(DESKTOP)
        facts = page.locator('[data-part="facts"]')
        for race, name in (("TX", "Texas"), ("CA", "California"), ("NC", "North Carolina")):
            page.hover(f'.map-shapes [data-unit="{race}"]')
            page.wait_for_selector(f'[data-part="unit"]:text("{name}")')
            box = facts.bounding_box()
            self.assertGreaterEqual(box["x"], 0)
            self.assertLessEqual(box["y"] + box["height"], DESKTOP["height"])
            own = page.locator(f'.map-shapes [data-unit="{race}"]').bounding_box()
            is_beside = box["x"] >= own["x"] + own["width"] or own["x"] >= box["x"] + box["width"]
            is_below = box["y"] >= own["y"] + own["height"] or own["y"] >= box["y"] + box["height"]
            self.assertTrue(is_beside or is_below, race)
        page.hover("h1")
        facts.wait_for(state="hidden")

    def test_pause_says_so_where_it_was_pressed_and_in_the_status(self):
        page = self.viewer(PHONE)
        button = page.locator('.actions [data-action="pause"]')
        self.assertEqual(button.inner_text().strip(), "Pause")
        width = button.bounding_box()["width"]
        button.click()
        box = page.locator('[data-notice="paused"]').bounding_box()
        self.assertLessEqual(box["y"] + box["height"], PHONE["height"])
        self.assertIn("Paused, as of", page.inner_text('[data-part="status"]'))
        self.assertEqual(button.inner_text().strip(), "Resume")
        self.assertEqual(button.bounding_box()["width"], width)

    def test_score_stays_at_the_top_when_scrolled_out_and_moves_nothing(self):
        for viewport in (DESKTOP, PHONE, SMALL):
            page = self.viewer(viewport)
            page.click('[data-group=""] summary')
            height = page.evaluate("document.documentElement.scrollHeight")
            page.locator("tr[data-unit]").last.scroll_into_view_if_needed()
            page.wait_for_selector(".scoreboard[data-compact]")
            board = page.locator(".scoreboard > div").bounding_box()
            self.assertEqual((board["y"], board["height"]), (0, 48))
            for part in ('[data-part="D"]', '[data-part="R"]', ".tally-mark", ".name >> nth=1"):
                box = page.locator(f".scoreboard {part}").bounding_box()
                self.assertTrue(0 <= box["y"] <= box["y"] + box["height"] <= 48, (part, box))
                self.assertLessEqual(box["x"] + box["width"], board["width"] - 16, part)
            self.assertEqual(page.evaluate("document.documentElement.scrollHeight"), height)
            page.evaluate("scrollTo(0, 0)")
            page.wait_for_selector(".scoreboard:not([data-compact])")

    def test_log_ends_with_the_map_also_below_a_list_of_what_is_undecided(self):
        for race in WINNING[:8]:
            self.publish(call("D", race))
        page = self.viewer(DESKTOP)
        ends = [
            page.locator(part).evaluate("part => part.getBoundingClientRect().bottom")
            for part in (".legend", ".log ol")
        ]
        self.assertLess(abs(ends[0] - ends[1]), 60)

    def test_rows_of_what_is_undecided_are_two_lines_whenever_polls_close(self):
        pages = [self.visit(viewport=size).page for size in (DESKTOP, PHONE, SMALL)]
        edition = show(president="us-president-2024").editions["president"]
        now = timezone.now().replace(microsecond=0)
        tonight = tuple(replace(race, closes=now) for race in edition.contest.races)
        for slug, races in {"past": edition.contest.races, "tonight": tonight}.items():
            contest = replace(edition.contest, races=races)
            lineup = keep_all({"president": replace(edition, contest=contest)})
            broadcast = Broadcast.objects.create(
                slug=slug, title="Night", contests=lineup, approval="never"
            )
            publisher(self.server, broadcast)({"kind": "start"})
            for page in pages:
                for language in ("", "/es"):
                    page.goto(f"{self.server.url}{language}/broadcasts/{slug}/")
                    page.wait_for_selector('[data-state="live"]')
                    rows = page.locator(".undecided li").all()
                    heights = [row.bounding_box()["height"] for row in rows]
                    self.assertEqual(heights, [56] * 5, (slug, language, page.viewport_size))

    def test_races_that_the_list_of_what_is_undecided_has_no_room_for_are_in_the_table(self):
        pages = [self.viewer(DESKTOP), self.viewer(LOW, java_script_enabled=False)]
        for page, seen in zip(pages, (5, 3), strict=True):
            self.assertEqual(page.locator(".undecided li:visible").count(), seen)
            page.click(f'.undecided a:visible:text("+{56 - seen} more in the table")')
            page.wait_for_selector('tr[data-unit="WY"]')
            self.assertLess(page.locator('[data-group=""]').bounding_box()["y"], 200)
        self.publish(call("R", *self.others("PA", "GA", "AZ", "NV", "NC")))
        pages[0].wait_for_selector(".undecided a", state="hidden")
        self.assertEqual(pages[0].locator(".undecided li").count(), 5)

    def test_portraits_are_beside_the_score_and_take_no_room_from_the_map(self):
        pages = [self.viewer(DESKTOP), self.viewer(PHONE)]
        places = [page.locator(".map").bounding_box() for page in pages]
        [contest] = self.broadcast.show.contests.values()
        parties = tuple(
            replace(party, portrait=portrait()) if party.side else party
            for party in contest.parties
        )
        in_a_thread(spread, replace(contest, parties=parties))
        bars = []
        for page, place, size in zip(pages, places, (64, 44), strict=True):
            page.wait_for_selector(".portrait")
            boxes = [each.bounding_box() for each in page.locator(".portrait").all()]
            self.assertEqual([(box["width"], box["height"]) for box in boxes], [(size, size)] * 2)
            self.assertEqual(page.locator(".map").bounding_box(), place)
            bars.append(page.locator(".scoreboard .tally-bar").bounding_box())
        self.publish(call("D", *self.others("TX", "FL")))
        for page, bar in zip(pages, bars, strict=True):
            page.wait_for_selector('[data-passed="D"]:not([hidden])')
            self.assertEqual(page.locator(".scoreboard .tally-bar").bounding_box(), bar)
            page.click('[data-group=""] summary')
            page.locator("tr[data-unit]").last.scroll_into_view_if_needed()
            page.wait_for_selector(".scoreboard[data-compact] .portrait", state="hidden")

    def test_module_that_could_not_be_loaded_is_asked_for_again(self):
        visit = self.visit()
        asked = []

        def handle(route):
            asked.append(route.request.url)
            route.abort() if len(asked) == 1 else route.continue_()

        visit.page.route("**/renewal*.js", handle)
        visit.page.clock.install()
        visit.open(self.path)
        visit.wait_for('[data-state="live"]')

        def is_asked_for_again():
            visit.page.clock.run_for(60_000)
            return len(asked) > 1

        with visit.page.expect_response("**/renewal*.js"):
            wait_for(is_asked_for_again, "the module to be asked for again")
        self.assertEqual(visit.errors, [])

    def test_delay_is_said_in_the_status(self):
        page = self.viewer(DESKTOP)
        page.click(".more summary")
        page.select_option('[data-part="delay"]', "10")
        page.wait_for_selector("text=Delayed by 10 s, as of")
        page.select_option('[data-part="delay"]', "0")
        page.wait_for_selector("text=Live, as of")

    def test_parties_have_patterns_only_where_colours_may_not_do(self):
        self.publish(call("R", "TX"))
        page = self.viewer(DESKTOP)
        for part in ('.map-shapes [data-unit="TX"]', '.scoreboard [data-bar="R"]'):
            page.wait_for_selector(f"{part}[data-look='red']")
            fill = "element => getComputedStyle(element).fill"
            page.emulate_media(media="screen", forced_colors="none")
            self.assertNotIn("#fill-red", page.eval_on_selector(part, fill))
            page.emulate_media(media="print")
            self.assertIn("#fill-red", page.eval_on_selector(part, fill))
            page.emulate_media(media="screen", forced_colors="active")
            self.assertIn("#fill-red", page.eval_on_selector(part, fill))

    def test_shape_is_outlined_outside_of_it_so_that_islands_stay(self):
        self.publish(call("R", "AK"))
        page = self.viewer(DESKTOP)
        page.wait_for_selector('.map-shapes [data-unit="AK"][data-party="R"]')
        fill, stroke = page.eval_on_selector(
            '.map-shapes [data-unit="AK"]',
            "shape => [getComputedStyle(shape).fill, getComputedStyle(shape).stroke]",
        )
        self.assertEqual(fill, stroke)
