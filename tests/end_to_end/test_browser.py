"""The live page in real browsers: updates, lost connections, restarts, the viewer's own choices."""

from datetime import timedelta

from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.desk.permissions import BROADCASTER
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing.publish import start_over
from tests.support.browser import Visit, chromium, hold_back, in_a_thread
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, wait_for
from tests.support.staff import publisher, staff

PA = '.map-shapes [data-unit="PA"]'
NO_WEBSOCKET = "delete window.WebSocket"
HIDE = """
    let isShown = true;
    Object.defineProperty(document, "hidden", { get: () => !isShown });
    window.show = (isShownNow) => {
        isShown = isShownNow;
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""  # lets a test hide and show the tab
MANY = ["AL", "AK", "AR", "FL", "ID", "IN", "IA", "KS", "KY", "LA", "MS", "MO", "MT"]
INSIDE = """() => {
    const map = document.querySelector(".map");
    const view = map.getBoundingClientRect();
    const labels = [...map.querySelectorAll('.map-labels [data-fits="yes"]')];
    return Object.fromEntries(labels.map((label) => {
        const { state } = label.dataset;
        const box = label.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        const shape = map.querySelector(`.map-shapes [data-state="${state}"]`);
        const at = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
        const isInView = box.left >= view.left && box.right <= view.right
            && box.top >= view.top && box.bottom <= view.bottom;
        return [state, isInView && shape.isPointInFill(at)];
    }));
}"""
"""By state with a label: whether the label is in view, and its middle inside of the state."""
STAND_IN = "() => getComputedStyle(document.querySelector('.lead'), '::before').content"
OPEN_MENU = "document.querySelector('.more').open = true"
RECORD_TEXT = """
    window.seen = new Set();
    window.drawn = 0;
    (function record() {
        const text = document.querySelector("main")?.innerText.replace(/\\s+/g, " ");
        if (text) seen.add(document.title + text);
        drawn += document.readyState !== "loading";
        requestAnimationFrame(record);
    })();
"""  # records the texts that the page has in each frame that is drawn


def call(unit, party):
    return {
        "calls": {"president": {unit: {"status": "called", "party": party}}},
        "story": {"headline": f"{unit} is called"},
    }


class LivePage(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(HEARTBEAT="2"))
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug=f"night-{self.id().split('.')[-1][-20:].replace('_', '-')}",
            title="Election Night",
            contests=president(2020),
            approval="never",
        )
        self.publish = publisher(self.server, self.broadcast)
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.path = f"/broadcasts/{self.broadcast.slug}/"
        self.visits = []

    def tearDown(self):
        for visit in self.visits:
            visit.context.close()
            self.assertEqual(visit.errors, [])
        super().tearDown()

    def visit(self, **options):
        visit = Visit(self.browser, self.server, **options)
        self.visits.append(visit)
        return visit

    def viewer(self, script=None, **options):
        visit = self.visit(**options)
        if script:
            visit.context.add_init_script(script)
        visit.open(self.path)
        return visit

    def broadcaster(self):
        visit = self.visit(viewport={"width": 1440, "height": 1000})
        visit.log_in_as(staff("anna", BROADCASTER))
        visit.open(f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/")
        return visit

    def test_take_at_the_desk_changes_the_state_on_every_page(self):
        requests = []
        socketless = self.viewer(NO_WEBSOCKET)
        socketless.page.on("request", lambda request: requests.append(request.url))
        viewer = self.viewer()
        desk = self.broadcaster()
        desk.wait_for("text=2 viewers (1 ws, 1 poll)")

        desk.page.click(PA)
        desk.page.check(".call [value=called-D]")
        desk.page.fill("#draft-headline", "Pennsylvania goes to Biden")
        desk.page.click("text=TAKE")

        for visit in (viewer, socketless, desk):
            visit.wait_for(f'{PA}[data-party="D"]')
            visit.wait_for("text=Pennsylvania goes to Biden")
            visit.wait_for('.tally [data-part="D"]:text("20")')
        for visit in (viewer, socketless):
            visit.page.click('[data-group="D"] summary')
            row = visit.page.locator('tr[data-unit="PA"]')
            self.assertEqual(row.locator(".result").inner_text().strip(), "Biden (D) flipped")
            self.assertEqual(visit.page.locator('[data-part="words"]').inner_text(), "Live, as of")
        desk.wait_for('[data-desk="done"] >> text=is on air')
        desk.wait_for('[data-desk="log"] tr >> nth=0 >> text=anna')
        self.assertTrue(any("/updates?v=2&since=" in url for url in requests))

    def test_websocket_without_frames_is_replaced_by_polling(self):
        viewer = self.visit()
        viewer.context.route_web_socket("**/ws*", lambda socket: None)
        with viewer.page.expect_request("**/updates?v=2&since=*"):
            viewer.open(self.path)

        self.publish({"view": {"focus": "OH"}, "story": {"headline": "Ohio next"}})

        viewer.wait_for("text=Ohio next")
        viewer.wait_for('.map[data-focus="OH"]')

    def test_websocket_that_is_cut_after_its_first_frame_is_replaced_by_polling(self):
        def cut(socket):
            server = socket.connect_to_server()

            def pass_on_and_close(frame):
                socket.send(frame)
                socket.close(code=1011)

            server.on_message(pass_on_and_close)

        viewer = self.visit()
        viewer.context.route_web_socket("**/ws*", cut)
        with viewer.page.expect_request("**/updates?v=2&since=*"):
            viewer.open(self.path)
        viewer.wait_for('[data-state="live"]')

    def test_offline_page_shows_that_and_catches_up_afterwards(self):
        viewer = self.viewer(NO_WEBSOCKET)
        viewer.wait_for('[data-state="live"]')
        polled = "/updates?v=2&since="  # going offline fails only the requests that come after it
        with viewer.page.expect_event("requestfailed", lambda request: polled in request.url):
            viewer.context.set_offline(True)
        viewer.wait_for("text=Offline, last known")
        self.publish(call("OH", "R"))
        self.assertEqual(viewer.page.inner_text('.tally [data-part="R"]'), "0")
        viewer.context.set_offline(False)
        viewer.wait_for('.tally [data-part="R"]:text("18")')
        viewer.wait_for('[data-state="live"]')

    def test_hidden_tab_draws_updates_only_when_it_is_shown(self):
        viewer = self.visit()
        viewer.context.add_init_script(HIDE)
        page = viewer.page
        with page.expect_websocket() as socket:
            viewer.open(self.path)
        page.evaluate("show(false); window.drawn = new MutationObserver((all) => drawn.n = all)")
        page.evaluate(
            "drawn.observe(document.querySelector('.columns'), {subtree: true,"
            " childList: true, characterData: true, attributes: true})"
        )
        with socket.value.expect_event("framereceived", lambda frame: "OH is called" in frame):
            for unit in ("PA", "OH"):
                self.publish(call(unit, "D"))
        self.assertIsNone(page.evaluate("drawn.n ?? null"))
        page.evaluate("show(true)")
        self.assertEqual(page.inner_text('.tally [data-part="D"]'), "38")
        self.assertEqual(page.text_content('[data-part="notice"]'), "OH is called")

    def test_broadcast_that_starts_over_says_when_it_begins_and_has_a_new_log(self):
        starts_at = timezone.now() + timedelta(hours=1)
        Broadcast.objects.filter(pk=self.broadcast.pk).update(starts_at=starts_at)
        viewer = self.viewer(HIDE)
        self.publish(call("PA", "D"))
        viewer.wait_for('.log [data-logged="president/PA"]')
        self.publish({"kind": "end"})
        viewer.wait_for('[data-state="ended"]')
        in_a_thread(start_over, self.broadcast)
        begins = f"show(true), ({STAND_IN})().startsWith('\"Begins ')"
        wait_for(lambda: viewer.page.evaluate(begins), "the time of the start", limit=15)
        self.publish({"kind": "start"})
        viewer.page.wait_for_function(f"({STAND_IN})() === '\"Election Night\"'")
        self.publish(call("OH", "R"))
        is_shown_again = (
            "show(true), document.querySelector('.log [data-logged=\"president/OH\"]') !== null"
        )
        wait_for(lambda: viewer.page.evaluate(is_shown_again), "the new history", limit=15)
        viewer.wait_for('[data-state="live"]')
        self.assertEqual(viewer.page.locator('.log [data-logged="president/PA"]').count(), 0)

    def test_page_survives_a_restart_of_the_server(self):
        viewer = self.viewer()
        viewer.wait_for('[data-state="live"]')
        self.server.stop()
        viewer.wait_for('[data-state="reconnecting"]')
        meanwhile = parse_change({"story": {"headline": "While you were away"}})
        in_a_thread(publish, self.broadcast, meanwhile)
        self.server.start()

        viewer.wait_for("text=While you were away", timeout=30_000)
        viewer.wait_for('[data-state="live"]')

    def test_page_without_javascript_is_complete(self):
        self.publish(
            {
                "calls": {"president": {"PA": {"status": "called", "party": "D"}}},
                "story": {"headline": "Pennsylvania goes to Biden"},
            }
        )
        page = self.viewer(java_script_enabled=False).page

        self.assertEqual(page.inner_text('[data-part="headline"]'), "Pennsylvania goes to Biden")
        self.assertEqual(page.locator(".results tbody tr").count(), 56)
        self.assertEqual(page.locator(f'{PA}[data-party="D"]').count(), 1)
        self.assertEqual(page.inner_text('.tally [data-part="D"]'), "20")
        self.assertIn("as of", page.inner_text('[data-part="status"]'))

    def test_controls_are_disabled_until_their_script_runs(self):
        visit = self.visit()
        page, release = visit.page, hold_back(visit.page, "**/live.js")
        page.goto(self.server.url + self.path, wait_until="commit")
        visit.wait_for(".units")
        controls = page.locator(".actions button, .actions select")
        self.assertEqual([control.is_enabled() for control in controls.all()], [False] * 4)

        release()
        page.select_option('[data-part="layer"]', "2008")
        page.click('.actions [data-action="pause"]')

        visit.wait_for("text=The map shows 2008")
        visit.wait_for("text=Paused. No update waits.")

    def test_broadcast_that_ends_is_shown_as_final(self):
        viewer = self.viewer(NO_WEBSOCKET)
        self.publish({"kind": "end", "story": {"headline": "Good night"}})
        viewer.wait_for('[data-state="ended"]')
        viewer.wait_for("text=Good night")

        self.assertEqual(viewer.page.inner_text('[data-part="words"]'), "Final, as of")

    def test_exploring_viewer_keeps_the_view_and_gets_calls(self):
        page = self.viewer().page
        page.click('.map-shapes [data-unit="TX"]')
        page.click('[data-action="zoom"]')
        page.wait_for_selector('.map[data-focus="TX"]')
        words = page.inner_text('[data-part="facts"]').split("\n")
        self.assertEqual(words[:3], ["Texas", "Electoral votes: 38", "Not called"])

        self.publish({"view": {"focus": "OH"}} | call("TX", "R"))

        page.wait_for_selector("text=Broadcast is showing Ohio")
        page.wait_for_selector('[data-part="facts"]:has-text("electoral votes: 38 Trump (R)")')
        self.assertEqual(page.get_attribute(".map", "data-focus"), "TX")
        page.click("text=Return")
        page.wait_for_selector('main[data-mode="following"] .map[data-focus="OH"]')

    def test_paused_page_shows_how_many_updates_wait(self):
        page = self.viewer().page
        page.click('.actions [data-action="pause"]')
        page.wait_for_selector("text=Paused. No update waits.")
        self.publish(call("PA", "D"))
        self.publish(call("OH", "R"))

        page.wait_for_selector("text=Paused. 2 updates wait.")
        self.assertEqual(page.inner_text('.tally [data-part="D"]'), "0")
        page.click("text=Resume")
        page.wait_for_selector('.tally [data-part="D"]:text("20")')
        page.wait_for_selector('.tally [data-part="R"]:text("18")')

    def test_delay_holds_updates_back_also_after_a_reload(self):
        visit = self.viewer()
        visit.page.evaluate(OPEN_MENU)
        visit.page.select_option('[data-part="delay"]', "60")
        page = visit.open(self.path)
        self.assertEqual(page.input_value('[data-part="delay"]'), "60")
        with page.expect_websocket():
            page.reload()
        self.publish(call("PA", "D"))
        page.click('.actions [data-action="pause"]')  # a paused page shows how many updates wait
        page.wait_for_selector("text=Paused. 2 updates wait.")
        page.click("text=Resume")
        self.assertEqual(page.inner_text('.tally [data-part="D"]'), "0")
        page.evaluate(OPEN_MENU)
        page.select_option('[data-part="delay"]', "0")
        page.wait_for_selector('.tally [data-part="D"]:text("20")')

    def test_first_paint_with_a_delay_shows_no_newer_update(self):
        self.publish(call("PA", "D"))
        Publication.objects.update(at=timezone.now() - timedelta(minutes=1))
        visit = self.visit()
        visit.context.add_init_script(RECORD_TEXT)
        page = visit.open(self.path).url
        visit.wait_for("text=PA is called")
        visit.page.evaluate(OPEN_MENU)
        visit.page.select_option('[data-part="delay"]', "50")
        self.publish(call("OH", "R"))
        # The server process learns of it later, and may keep its page until then.
        wait_for(lambda: "OH is called" in visit.page.request.get(page).text(), "a page with it")
        held = []
        for delay, new in (("50", False), ("0", True)):
            visit.page.route("**/viewers/live/live.js", lambda route: held.append(route))
            visit.page.reload(wait_until="commit")
            visit.page.wait_for_function("() => drawn > 3")
            self.assertEqual("OH is called" in visit.page.evaluate("[...seen].join()"), new)
            held.pop().continue_()
            visit.wait_for('.actions [data-action="pause"]:enabled')
            visit.page.unroute("**/viewers/live/live.js")
            seen = visit.page.evaluate("[...seen].join()")
            for text in ("OH is called", "Trump 1 · 18 electoral", "R Trump Ohio"):
                self.assertEqual(text in seen, new, (text, delay))
            self.assertEqual(visit.page.input_value('[data-part="delay"]'), delay)
            visit.page.evaluate(OPEN_MENU)
            visit.page.select_option('[data-part="delay"]', "0")
            visit.wait_for('.tally [data-part="R"]:text("18")')
            self.assertEqual(visit.page.locator(".log [data-logged]").count(), 2)

    def test_map_shows_an_earlier_election_or_the_differences_to_it(self):
        self.publish(call("AZ", "D"))
        page = self.viewer().page
        page.select_option('[data-part="layer"]', "2008")
        page.wait_for_selector("text=The map shows 2008: Obama (D) 365, McCain (R) 173")
        self.assertEqual(page.get_attribute('.map-shapes [data-unit="AZ"]', "data-party"), "R")
        page.click('[data-group="D"] summary')
        self.assertEqual(page.inner_text('tr[data-unit="AZ"] [data-part="result"]'), "Biden (D)")
        self.publish(call("PA", "D"))
        page.wait_for_selector('.tally [data-part="D"]:text("31")')
        page.click("text=Tonight’s calls")
        page.wait_for_selector(f'{PA}[data-party="D"]')
        self.assertEqual(page.locator('.map-shapes [data-party="R"]').count(), 0)
        page.select_option('[data-part="layer"]', "swing")
        page.wait_for_selector("text=Outlined: another party than in 2016")
        outlined = page.get_attribute(".map-outlines", "d")
        self.assertEqual(
            outlined,
            page.get_attribute('.map-shapes [data-unit="AZ"]', "d") + page.get_attribute(PA, "d"),
        )

    def test_zoomed_state_has_county_lines_and_its_neighbours_keep_their_labels(self):
        page = self.viewer().page
        page.click(PA)
        page.click('[data-action="zoom"]')
        page.wait_for_function("() => document.querySelector('.map-counties').getAttribute('d')")
        self.publish(call("PA", "D"))
        page.wait_for_selector('.map-counties[data-look="blue"]')
        page.wait_for_selector('.map-labels [data-state="OH"][data-fits="yes"]')
        inside = page.evaluate(INSIDE)
        self.assertGreater(set(inside), {"PA", "OH", "NY", "NJ"})
        self.assertTrue(all(inside.values()), inside)
        page.click('[data-action="zoom"]')
        page.wait_for_selector('.map[data-focus=""]')
        self.assertEqual(page.get_attribute(".map-counties", "d"), "")
        ohio = page.locator('.map-labels [data-state="OH"]')
        self.assertEqual(ohio.get_attribute("transform"), ohio.get_attribute("data-home"))

    def test_correction_is_also_shown_to_viewers_who_come_later(self):
        early = self.viewer()
        self.publish(call("AZ", "D"))
        early.wait_for("tr[data-unit='AZ'][data-fresh]", state="attached")
        self.publish(
            {
                "kind": "correct",
                "corrects": 2,
                "reason": "Too many ballots are uncounted.",
                "calls": {"president": {"AZ": {"status": "retracted"}}},
                "story": {"headline": "Arizona is not called"},
            }
        )
        early.wait_for('.log [data-seq="3"]')
        late = self.visit(java_script_enabled=False)
        late.open_late(self.path, "Too many ballots are uncounted.")
        for visit in (early, late):
            visit.page.click('[data-group=""] summary')
        seen = [
            [
                visit.page.inner_text(part)
                for part in (".log", '[data-part="corrected"]', 'tr[data-unit="AZ"]')
            ]
            for visit in (early, late)
        ]
        self.assertEqual(*seen)
        log, near_headline, row = seen[0]
        self.assertIn(
            "Call withdrawn Arizona 11 instead of D Biden Too many ballots are uncounted.",
            " ".join(log.split()),
        )
        self.assertEqual(near_headline, "Corrected Arizona")
        self.assertIn("Call withdrawn Corrected", row)
        for visit in (early, late):
            struck = visit.page.inner_text('.log [data-seq="2"] [data-struck]')
            self.assertEqual(struck, "Arizona 11")
            line = visit.page.locator('.log [data-seq="2"] p')
            self.assertIn("Biden Arizona 11 Corrected Call withdrawn", line.inner_text())
            style = line.locator(".words").evaluate("e => getComputedStyle(e).textDecorationLine")
            self.assertEqual(style, "line-through")
        self.assertEqual(early.page.text_content('[data-part="alert"]'), "Arizona is not called")

    def test_many_calls_of_an_update_are_one_short_line_of_the_log(self):
        early = self.viewer()
        few = call("GA", "D")["calls"]["president"] | call("PA", "D")["calls"]["president"]
        self.publish({"calls": {"president": few}, "story": {"headline": "Two"}})
        called = {race: {"status": "called", "party": "R"} for race in MANY}
        self.publish({"calls": {"president": called}, "story": {"headline": "Called"}})
        early.wait_for('.log [data-seq="3"]')
        late = self.visit(java_script_enabled=False)
        late.open_late(self.path, f"{len(MANY)} races, 109 in all:")
        for seq, line in {
            "2": "D Biden Georgia 16 Pennsylvania 20",
            "3": f"R Trump {len(MANY)} races, 109 in all: Alabama 9 Alaska 3 Arkansas 6 Florida 29",
        }.items():
            for visit in (early, late):
                words = visit.page.inner_text(f'.log [data-seq="{seq}"] p').split()
                self.assertEqual(" ".join(words), line)

    def test_map_can_be_explored_by_keyboard(self):
        page = self.viewer().page
        page.focus(".map")
        for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        pinned = page.get_attribute(".map", "aria-activedescendant")
        label = page.get_attribute(f"#{pinned}", "aria-label")
        self.assertEqual(label, "Nebraska 2nd district, electoral votes: 1, Not called")
        page.keyboard.press("Enter")
        page.wait_for_selector('.map[data-focus="NE-2"]')
        page.keyboard.press("Escape")
        self.assertFalse(page.is_visible('[data-part="facts"]'))
        page.keyboard.press("Escape")
        page.wait_for_selector('.map[data-focus=""]')

    def test_pages_fit_a_phone_320_pixels_wide(self):
        for path in (self.path, "/"):
            page = self.visit(viewport={"width": 320, "height": 640}).open(path)
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 320, path)
            small = page.evaluate(
                "[...document.querySelectorAll('.boxes li')].filter((box) => {"
                " const r = box.getBoundingClientRect(); return r.width < 24 || r.height < 24;"
                "}).length"
            )
            self.assertEqual(small, 0)
