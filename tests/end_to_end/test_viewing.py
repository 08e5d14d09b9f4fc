"""The live page in each of its states: accessible, consistent, within the screen, and fast."""

from hypothesis import given, settings
from hypothesis.extra.django import TransactionTestCase

from broadcaster.models import Broadcast
from tests.support.audience import BrowserAudience
from tests.support.browser import in_a_thread, violations
from tests.support.changes import RACES, logs
from tests.support.log import publish

NO_WEBSOCKET = "delete window.WebSocket"
SLOWDOWN = 4  # a slow phone is this many times slower than the machine of USUAL
METRICS = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
PAINTED = "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
FRAME = 0.016  # seconds of the main thread that an update may take
TABLE = """() => {
    document.body.innerHTML = `<table>${"<tr><td>0<td>0<td>0<td>0".repeat(300)}</table>`;
    for (const cell of document.querySelectorAll("td:nth-child(2)")) {
        cell.textContent = "1";
        if (!(cell.parentNode.rowIndex % 30)) cell.offsetHeight;
    }
}"""  # work of the same kind as an update, independent of our pages
USUAL = 0.0195  # seconds that TABLE takes on the machine that SLOWDOWN refers to
TOLERANCE = 1.5  # between two machines, the time of an update may vary by this more than TABLE


def call(party, *units, **story):
    calls = {unit: {"status": "called", "party": party} for unit in units}
    return {
        "calls": {"president": calls},
        "story": {"headline": f"{' '.join(units)} called"} | story,
    }


class LivePageStates(BrowserAudience, TransactionTestCase):
    environment = {"HEARTBEAT": "2"}

    def viewer(self, script="", **options):
        visit = self.visit(**options)
        visit.context.add_init_script(script)
        visit.open(self.path)
        return visit

    def test_every_state_of_the_page_is_accessible(self):
        light = self.viewer(NO_WEBSOCKET)
        dark = self.viewer(color_scheme="dark", viewport={"width": 360, "height": 740})
        press = light.page.click

        def check_accessible(state):
            for visit in (light, dark):
                visit.wait_for(".called-now", state="detached")  # a pulse lowers the contrast
                with self.subTest(state, dark=visit is dark):
                    self.assertEqual(violations(visit.page), [])

        check_accessible("waiting")
        self.assertFalse(light.page.is_visible('.actions [data-action="pause"]'))
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.publish(call("D", "AZ", "VT", "NE-2", "ME-1"))
        self.publish(
            {
                "calls": {
                    "president": {"GA": {"status": "too_close"}, "ME-2": {"status": "too_early"}}
                }
            }
        )
        for visit in (light, dark):
            visit.wait_for('.log [data-logged="president/GA"]')
        light.page.click('[data-group="D"] summary')
        dark.page.click('[data-group=""] summary')
        check_accessible("live")
        for visit in (light, dark):
            visit.page.click('.boxes [data-unit="VT"]')
            visit.page.click('[data-action="zoom"]')
            visit.wait_for('.map[data-focus="VT"]')
        check_accessible("zoomed in")
        dark.page.click('[data-action="close"]')  # on a phone the facts cover the notice
        for visit in (light, dark):
            visit.wait_for("text=Broadcast is showing the whole map")
        check_accessible("exploring")
        press('.actions [data-action="pause"]')
        light.page.select_option('[data-part="layer"]', label="2008")
        dark.page.select_option('[data-part="layer"]', "swing")
        check_accessible("paused, other layers")
        press('.actions [data-action="pause"]')
        retraction = {
            "calls": {"president": {"AZ": {"status": "retracted"}}},
            "corrects": 2,
            "reason": "Too early",
        }
        self.publish({"kind": "correct", "story": {"headline": "Arizona is open"}} | retraction)
        for visit in (light, dark):
            visit.wait_for("text=Arizona is open")
        check_accessible("retraction")
        light.context.set_offline(True)
        light.wait_for('[data-state="offline"]')
        check_accessible("stale")
        light.context.set_offline(False)
        self.publish({"kind": "hold"})
        for visit in (light, dark):
            visit.wait_for('[data-state="held"]')
        check_accessible("held")
        self.publish({"kind": "end"})
        for visit in (light, dark):
            visit.wait_for('[data-state="ended"]')
        check_accessible("ended")

    def test_page_fits_the_screen_at_400_percent(self):
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.publish(call("D", *RACES[:45]))
        wrong = {"kind": "correct", "corrects": 2, "reason": "Too early"}
        self.publish(call("O", "AZ") | wrong)
        page = self.viewer(viewport={"width": 320, "height": 256}).page
        page.wait_for_selector("text=past 270")
        page.click('.boxes [data-unit="VT"]')
        page.click('.actions [data-action="pause"]')
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 320)

    def test_map_and_log_fit_one_screen_above_the_table(self):
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        for options in ({}, {"java_script_enabled": False}):
            page = self.viewer(viewport={"width": 1440, "height": 1080}, **options).page
            ends = [
                page.locator(part).evaluate("part => part.getBoundingClientRect().bottom")
                for part in (".legend", ".units")
            ]
            self.assertLess(ends[0], 1080)
            self.assertLess(ends[1], 1.75 * 1080)
            self.assertTrue(page.is_visible("text=No calls yet."))
            rows = page.locator("tr[data-unit]")
            page.emulate_media(media="print")
            self.assertTrue(all(row.is_visible() for row in rows.all()))
            page.emulate_media(media="screen")
            self.assertFalse(any(row.is_visible() for row in rows.all()))
            page.click('[data-group=""] summary')
            self.assertTrue(all(row.is_visible() for row in rows.all()))

    def test_map_leaves_room_for_a_headline_of_two_lines(self):
        long = "Pennsylvania called: 20 electoral votes, Biden passes 270"
        self.publish({"kind": "start", "story": {"headline": long}})
        for width, height in ((1440, 900), (1280, 720), (768, 1024)):
            page = self.viewer(viewport={"width": width, "height": height}).page
            place = page.locator(".picture-map").bounding_box()
            self.assertLessEqual(place["y"] + place["height"], height, width)
            if width > height:  # the latest calls are beside the map, and the first is in sight
                self.assertLess(page.locator(".log h3").bounding_box()["y"], height - 100, width)

    @settings(max_examples=3, deadline=None)
    @given(logs())
    def test_all_parts_of_the_page_agree_after_any_log(self, log):
        self.setUp()  # hypothesis empties the database before each example
        visits = [self.viewer(), self.viewer(NO_WEBSOCKET)]
        for change in log:
            in_a_thread(publish, self.broadcast, change)
        state = Broadcast.objects.get(pk=self.broadcast.pk).state.to_dict()
        calls = state["calls"].get("president", {})
        if state["phase"] == "held":
            self.publish({"kind": "resume"})
        self.publish({"story": {"headline": "The last one"}})
        late = self.visit(java_script_enabled=False)
        late.open_late(self.path, "The last one")
        visits.append(late)
        for visit in visits:
            visit.wait_for("text=The last one")
            drawn = visit.page.locator("[data-unit]").evaluate_all(
                "all => all.map(({ dataset: { unit, status, party } }) => [unit, status, party])"
            )
            for unit, *shown in drawn:
                call = calls.get(unit, {"status": "open"})
                self.assertEqual(shown, [call["status"], call.get("party", "")], unit)
            for party, votes in state["totals"]["president"].items():
                text = visit.page.text_content(f'.tally [data-part="{party}"]')
                self.assertEqual(text, str(votes))
        early, polling, late = [visit.page.inner_text(".log").split() for visit in visits]
        self.assertEqual(early, late)
        self.assertEqual(polling, late)
        for visit in visits[:2]:
            self.assertEqual(visit.page.text_content('[data-part="notice"]'), "The last one")

    def test_update_takes_a_slow_phone_at_most_one_frame(self):
        """Measure the CPU time of the main thread, which does not depend on other processes.

        Motion is off, since each frame of an animation costs as much as the update.
        """
        self.publish({"kind": "start"})
        phone = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
        visit = self.visit(**phone)
        with visit.page.expect_websocket() as socket:
            visit.open(self.path)
        visit.wait_for('[data-state="live"]')
        cost = self.meter(visit.page)

        def update():
            with socket.value.expect_event("framereceived", lambda frame: "updates" in frame):
                self.publish(call("D", units.pop()))

        units = list(RACES[:16])
        idle = min(cost(lambda: None) for _ in range(4))
        took = [
            cost(update) - idle for _ in range(len(units))
        ]  # the first ones include compilation
        self.assertEqual(visit.page.locator('tr[data-party="D"]').count(), len(took))
        empty = visit.context.new_page()
        cost = self.meter(empty)
        machine = min(cost(lambda: empty.evaluate(TABLE)) for _ in range(8)) / USUAL
        self.assertLess(min(took) * SLOWDOWN, FRAME * machine * TOLERANCE, (took, machine))

    def meter(self, page):
        """Return a function that measures the seconds of the main thread that a function takes."""
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable", {"timeDomain": "threadTicks"})

        def busy():
            metrics = client.send("Performance.getMetrics")["metrics"]
            return sum(metric["value"] for metric in metrics if metric["name"] in METRICS)

        def cost(act):
            before = busy()
            act()
            client.send("Runtime.evaluate", {"expression": PAINTED, "awaitPromise": True})
            return busy() - before

        return cost
