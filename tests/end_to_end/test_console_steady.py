"""The console keeps its places: TAKE and the rundown's rows do not move under the pointer."""

from datetime import timedelta

from django.utils import timezone

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.desk.rundown import prepare
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast
from broadcaster.models.contests import keep_all
from broadcaster.publishing.actor import Actor
from tests.support.browser import in_a_thread
from tests.support.changes import parse_change
from tests.support.console import CONNECTED, PREVIEW, PROGRAM, TAKE, WIDE, ConsoleTestCase
from tests.support.contests import show

LONG = "Pennsylvania and more words " * 7  # 196 characters
NOTES = [{"at": "PA", "text": f"{number} counties are left to count"} for number in range(20)]
DRAWN_WIDTH = """map => {
    const { width, height } = map.viewBox.baseVal;
    return Math.min(map.clientWidth, map.clientHeight * width / height);
}"""
"""The width of a map, in pixels, without the empty space beside it."""
TO_WIN = f"{PREVIEW} .tally-threshold:visible"
WORDS = '[data-desk="take-target"]'
CUT = """async words => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame().then(frame); // they are fitted once the size has changed
    return words.scrollHeight - words.clientHeight;
}"""
"""The height of what does not fit, in pixels."""
TEXT_END = """words => {
    const range = document.createRange();
    range.selectNodeContents(words);
    return range.getBoundingClientRect().right;
}"""
FIRST = "Kentucky, Indiana, West Virginia and South Carolina to Trump; Vermont to Biden. Biden 3, "
SIZES = ((1440, 900), (1280, 800), (768, 1024), (360, 780), (320, 640))
MANY_CALLS = {
    contest: {
        race: {"status": "called", "party": party}
        for party, races in parties.items()
        for race in races.split()
    }
    for contest, parties in {
        "president": {"R": "AL FL MO MS OK TN", "D": "CT DC DE IL MA MD ME-1 ME-AL NJ RI"},
        "senate": {"D": "CT DE MA MD ME NJ RI", "R": "FL MO MS TN"},
        "governors": {"D": "DE NC VT WA", "R": "IN MT"},
    }.items()
}
WINNING = "CA NY IL PA MI NJ VA WA GA AZ MA MD MN WI CO CT OR"  # for Biden, past 270


class SteadyConsole(ConsoleTestCase):
    def setUp(self):
        super().setUp()
        self.add_cue("C1", Evening().call("KY IN WV SC VT", "First calls"))
        self.add_cue("C2", Evening().call(WINNING, LONG))
        self.add_cue("C3", {"view": {"focus": "OH"}})

    def measure(self, desk, state):
        """Return where TAKE is on the page, at each size of the window.

        Assert that all that it will do can be read beside it.
        """
        boxes = []
        for width, height in SIZES:
            desk.set_viewport_size({"width": width, "height": height})
            cut = desk.eval_on_selector(WORDS, CUT)
            self.assertLessEqual(cut, 0, f"{state}: the words for TAKE are cut at {width}")
            boxes.append(
                desk.eval_on_selector(
                    TAKE,
                    """take => {
                        const { x, y, width, height } = take.getBoundingClientRect();
                        return [x + scrollX, y + scrollY, width, height];
                    }""",
                )
            )
        return boxes

    def select(self, desk, title):
        self.row(desk, title).locator('[data-cue="select"]').click()

    def test_take_never_moves(self):
        desk = self.open_console(EDITOR)
        before = self.measure(desk, "opened")

        def check(state):
            self.assertEqual(self.measure(desk, state), before, state)

        self.assertIn(FIRST, desk.inner_text(WORDS))
        self.select(desk, "C2")
        desk.wait_for_selector(f"{PREVIEW} >> text=Pennsylvania and more words")
        check("a long headline and a winner")
        words = desk.locator(f"{PREVIEW} .tally-side .passed:visible [data-words]")
        self.assertLessEqual(words.bounding_box()["width"], 1, "the sign for a winner is alone")
        self.assertIn("270", words.text_content())
        desk.set_viewport_size(WIDE)
        self.assertGreater(words.bounding_box()["width"], 20, "where there is room, all is seen")
        winner = f"{PREVIEW} .tally-side:has(.passed:visible)"
        fill = desk.eval_on_selector(winner, "side => getComputedStyle(side).backgroundColor")
        self.assertNotEqual(fill, "rgba(0, 0, 0, 0)", "the winner's side is filled")
        for width, height in SIZES:
            desk.set_viewport_size({"width": width, "height": height})
            hidden = desk.eval_on_selector(
                f"{PREVIEW} .screen-headline",
                "words => words.offsetHeight - words.parentElement.clientHeight",
            )
            self.assertLessEqual(hidden, 0, f"the headline is cut at {width}")
        self.publish({"story": {"headline": LONG, "body": LONG * 9, "annotations": NOTES}})
        desk.wait_for_selector(".desk-program >> text=3 counties are left")
        check("a long story and annotations")
        desk.fill("#draft-headline", LONG + LONG)
        for race in ("PA", "OH", "TX", "FL"):
            desk.select_option('[data-desk="add"]', f"president/{race}")
        check("a draft with a problem")
        desk.click(TAKE)
        self.wait_for_message(desk, "Not taken.")
        check("a rejected take")
        self.select(desk, "C1")
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.broadcast.ends_at = timezone.now() + timedelta(hours=2)
        self.broadcast.automatic, self.broadcast.approval = True, "calls"
        self.broadcast.save()
        desk.wait_for_selector('[data-desk="warning"] >> text=Needs approval')
        check("a warning and a planned end")
        other = self.open_console(BROADCASTER)
        self.row(other, "C1").locator(".cue-take").click()
        desk.wait_for_selector("text=It waits for you to confirm it")
        check("an approval")
        self.assertNotIn("took", desk.inner_text(".desk-messages"), "the banner says it")
        desk.set_viewport_size(WIDE)
        tools = desk.locator(".cue-panel").bounding_box()
        banner = desk.locator(".desk-approval").bounding_box()
        self.assertLessEqual(tools["y"] + tools["height"], banner["y"])
        self.publish({"kind": "hold"})
        desk.wait_for_selector('[data-mode="held"]')
        check("on hold")
        self.server.stop()
        self.addCleanup(self.server.start)
        desk.wait_for_selector("[data-cut-off]")
        self.assertIn("No connection: a take may not go out.", desk.inner_text(WORDS))
        check("no connection")
        for width, height in SIZES[:3]:
            desk.set_viewport_size({"width": width, "height": height})
            left = desk.locator(f"{PROGRAM} .boxes").bounding_box()["x"]
            self.assertLessEqual(desk.eval_on_selector(".desk-cut-off", TEXT_END), left, width)

    def test_map_is_large_with_and_without_tabs(self):
        desk = self.open_console(EDITOR)
        self.assert_map_is_large(desk)
        ids = {key: f"us-{key}-2024" for key in ("president", "senate", "governors")}
        lineup = keep_all(show(**ids).editions)
        broadcast = Broadcast.objects.create(slug="three", title="Three", contests=lineup)
        self.path = f"/admin/broadcaster/broadcast/{broadcast.pk}/console/"
        desk.goto(self.server.url + self.path)
        desk.wait_for_selector(CONNECTED)
        self.assert_map_is_large(desk)

        desk.set_viewport_size({"width": 768, "height": 1024})
        cut = desk.eval_on_selector(
            f"{PREVIEW} .boxes", "list => list.scrollHeight - list.clientHeight"
        )
        self.assertLessEqual(cut, 0, "boxes beside the map of a tablet")
        desk.set_viewport_size(WIDE)
        tools = desk.locator(".cue-panel").bounding_box()
        self.assertLessEqual(tools["y"] + tools["height"], WIDE["height"])
        self.assertGreater(tools["y"], WIDE["height"] - 160, "the rundown is as high as can be")
        hint = desk.locator('[data-desk="no-cues"]').bounding_box()
        head = desk.locator(".desk-rundown .panel-bar").bounding_box()
        self.assertLessEqual(hint["y"], head["y"] + head["height"], "the hint of no cues")

        in_a_thread(self.prepare_many_calls, broadcast)
        self.select(desk, "Many")
        desk.wait_for_selector(f"{WORDS} >> text=IN MT → R")
        self.measure(desk, "three contests")

    def prepare_many_calls(self, broadcast):
        change = {"story": {"headline": "Many calls"}, "calls": MANY_CALLS}
        actor = Actor(self.user(EDITOR), "command", None)
        prepare(broadcast, "Many", parse_change(change, broadcast.show), None, actor)

    def assert_map_is_large(self, desk):
        for (width, height), least in {(1440, 900): 420, (1280, 800): 360}.items():
            desk.set_viewport_size({"width": width, "height": height})
            drawn = desk.eval_on_selector(f"{PREVIEW} .picture:not([hidden]) .map", DRAWN_WIDTH)
            self.assertGreaterEqual(drawn, least, width)
        desk.set_viewport_size(WIDE)
        self.assertEqual(desk.locator(TO_WIN).inner_text(), "270 to win")

    def test_double_press_on_take_does_not_withdraw_what_waits(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        desk = self.open_console(BROADCASTER)
        take = self.row(desk, "C1").locator(".cue-take").bounding_box()
        desk.mouse.move(take["x"] + take["width"] / 2, take["y"] + take["height"] / 2)
        desk.mouse.down()
        desk.mouse.up()
        self.row(desk, "C1").locator("text=You took it").wait_for()

        desk.mouse.down(click_count=2)
        desk.mouse.up(click_count=2)

        self.row(desk, "C2").locator('[data-cue="select"]').click()
        self.assertIn("WAITING", self.row(desk, "C1").inner_text())

    def test_rows_do_not_move_when_cues_are_selected_and_taken(self):
        desk = self.open_console(BROADCASTER)
        measure = """() => [...document.querySelectorAll(".cue")]
            .map((row) => row.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])"""
        before = desk.evaluate(measure)

        self.row(desk, "C2").locator('[data-cue="select"]').dblclick()
        desk.wait_for_selector('.cue:nth-child(2) [aria-current="true"]')
        self.assertEqual(desk.evaluate(measure), before)
        self.assertEqual(desk.locator("dialog[open]").count(), 0)
        self.assertEqual(
            desk.evaluate("document.activeElement.dataset.cue"), "select", "a tool has the focus"
        )
        self.row(desk, "C1").locator(".cue-take").dblclick()

        self.row(desk, "C1").locator("text=Update 2, ").wait_for()
        self.assertEqual(desk.evaluate(measure), before)
        summary = self.row(desk, "C1").locator('[data-cue="summary"]')
        self.assertIn("KY IN WV SC → R", summary.inner_text())
        self.assertTrue(summary.is_visible(), "the calls of a cue that is taken")
        self.assertEqual(self.seq(), 2)
        self.server.stop()
        self.addCleanup(self.server.start)
        desk.wait_for_selector("[data-cut-off]")
        self.assertEqual(desk.evaluate(measure), before)
