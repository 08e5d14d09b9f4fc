"""A show of several contests, one of them of another country, on viewers' pages and at the desk."""

import uuid

from django.test import TransactionTestCase
from msgspec.structs import replace

from broadcaster.desk.permissions import EDITOR
from broadcaster.domain.contest import Look
from broadcaster.models import Broadcast
from broadcaster.models.contests import keep_all
from broadcaster.publishing.lineup import spread
from tests.support.audience import BrowserAudience
from tests.support.browser import hold_back, in_a_thread, violations
from tests.support.contests import show
from tests.support.server import wait_for
from tests.support.staff import publisher, staff

SHOWN = show(president="us-president-2020", senate="us-senate-2024", lakeland="lakeland-2027")
WEIGHT = 90 * 1024  # bytes on the wire: the page with its map, styles and modules, and all contests
LOADED = """
    performance.getEntries().filter(({ entryType }) => /navigation|resource/.test(entryType))
        .map(({ name, encodedBodySize }) => [name, encodedBodySize])
"""
AT_ONCE = "Math.random = () => 0"  # the other contests are fetched at a random time
LONG = "The count goes on in Georgia and Arizona, where both sides hope on till dawn"
CURRENT = '.tab[aria-current="true"]'


def story(headline):
    return {"headline": headline}


def call(contest, party, *races, headline="News"):
    called = {race: {"status": "called", "party": party} for race in races}
    return {"calls": {contest: called}, "story": story(headline)}


def view(contest, focus=""):
    return {"view": {"contest": contest, "focus": focus, "highlight": []}}


class SeveralContests(BrowserAudience, TransactionTestCase):
    def setUp(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=slug, title="Night", contests=keep_all(SHOWN.editions), approval="never"
        )
        self.publish = publisher(self.server, self.broadcast)
        self.path = f"/broadcasts/{slug}/"
        self.publish({"kind": "start", "story": story("Good evening")})

    def viewer(self, query="", **options):
        visit = self.visit(**options)
        if options.get("java_script_enabled", True):
            visit.context.add_init_script(AT_ONCE)
        visit.open(self.path + query)
        visit.wait_for('[data-state="live"]')
        return visit

    def check_tab(self, visit, key):
        visit.wait_for(f'{CURRENT}[data-contest="{key}"]')

    def correct_the_farmers(self, name="Country Party"):
        contest = SHOWN.contests["lakeland"]
        parties = tuple(
            replace(party, name=name, look=Look.TEAL) if party.id == "FAR" else party
            for party in contest.parties
        )
        in_a_thread(spread, replace(contest, title="Lakeland", parties=parties))

    def test_followers_go_where_the_broadcast_goes_and_explorers_keep_their_tab(self):
        follower, explorer = self.viewer(), self.viewer()
        explorer.page.click('[data-contest="senate"]')
        self.check_tab(explorer, "senate")
        explorer.wait_for("text=Broadcast is showing U.S. President 2020, the whole map")

        self.publish(view("lakeland", "N") | call("lakeland", "FAR", "N", headline="North"))

        self.check_tab(follower, "lakeland")
        follower.wait_for('.map[data-focus="N"] [data-unit="N"][data-look="orange"]')
        follower.page.click('[data-group="FAR"] summary')
        follower.wait_for('[data-group="FAR"] tr[data-unit="N"]:has-text("Farmers (Fa)")')
        explorer.wait_for("text=Broadcast is showing Lakeland 2027, North")
        explorer.wait_for('[data-contest="lakeland"] [data-part="FAR"]:text("7")')
        self.check_tab(explorer, "senate")
        explorer.page.click("text=Return")
        self.check_tab(explorer, "lakeland")
        for visit in (follower, explorer):
            self.assertEqual(visit.errors, [])

    def test_every_contest_has_its_own_sums_and_the_log_has_all(self):
        visit = self.viewer()
        calls = call("senate", "R", "OH")["calls"] | call("president", "R", "OH")["calls"]
        self.publish({"calls": calls, "story": story("Ohio")})
        visit.wait_for('[data-contest="senate"] [data-part="R"]:text("39")')  # 38 are held
        visit.wait_for('[data-contest="president"] [data-part="R"]:text("18")')
        log = visit.page.inner_text(".log ol").split("\n")
        self.assertIn("U.S. Senate 2024", log)
        self.assertIn("R Moreno Ohio", log)
        self.assertIn("R Trump Ohio 18", log)

    def test_tabs_are_links_without_javascript(self):
        self.publish(call("lakeland", "LIB", "E"))
        visit = self.viewer(java_script_enabled=False)
        visit.page.click('[data-contest="lakeland"]')
        self.check_tab(visit, "lakeland")
        visit.page.click('[data-group="LIB"] summary')
        self.assertIn("O’Hara (L)", visit.page.inner_text('tr[data-unit="E"]'))
        visit.page.click('[data-group=""] summary')
        self.assertIn("Citizens abroad", visit.page.inner_text(".results"))

    def test_corrected_names_and_looks_reach_open_pages(self):
        self.publish(call("lakeland", "FAR", "N"))
        live, frame = self.viewer("?contest=lakeland"), self.visit()
        frame.open(f"{self.path}embed/?contest=lakeland")
        for visit in (live, frame):
            visit.wait_for('.map-shapes [data-unit="N"][data-look="orange"]')
        self.correct_the_farmers()
        for visit in (live, frame):
            visit.wait_for('.map-shapes [data-unit="N"][data-look="teal"]')
            visit.wait_for('.tally:has-text("Country Party")')
            self.assertEqual(visit.errors, [])
        live.wait_for('.tab-title:text-is("Lakeland")')
        live.wait_for('.log:has-text("Lakeland"):has-text("Country Party")')

    def test_older_history_that_comes_late_leaves_newer_calls_in_the_log(self):
        visit = self.viewer("?contest=lakeland")
        histories = []  # requests that are held back
        visit.page.route("**/recording.json?*", lambda route: histories.append(route))

        def correct(name):
            with visit.page.expect_request("**/recording.json?*"):
                self.correct_the_farmers(name)

        correct("Country Party")
        self.publish(call("lakeland", "LIB", "E"))
        east = visit.page.locator('.log [data-logged="lakeland/E"]')
        east.wait_for()
        correct("Land Party")
        for route in reversed(histories):
            with visit.page.expect_event("requestfinished"):
                route.continue_()
        visit.page.evaluate("new Promise(requestAnimationFrame)")
        self.assertEqual(east.count(), 1)

    def test_page_that_connects_after_a_correction_has_the_corrected_names(self):
        self.publish(call("lakeland", "FAR", "N"))
        connected = self.viewer("?contest=lakeland")
        late = {self.visit(): address for address in ("", "embed/")}

        releases = [hold_back(visit.page, "**/follow*.js*") for visit in late]
        for visit, address in late.items():
            url = f"{self.server.url}{self.path}{address}?contest=lakeland"
            visit.page.goto(url, wait_until="commit")
            visit.wait_for('.map-shapes [data-unit="N"][data-look="orange"]')
        self.correct_the_farmers()
        connected.wait_for('.map-shapes [data-unit="N"][data-look="teal"]')

        for release in releases:
            release()
        for visit in late:
            visit.wait_for('.map-shapes [data-unit="N"][data-look="teal"]')

    def test_votes_counted_are_shown_as_a_layer_that_is_no_calls(self):
        visit = self.viewer(color_scheme="dark", viewport={"width": 390, "height": 800})
        count = {"votes": {"D": 49, "R": 51}, "expected": 0.72}
        self.publish({"counts": {"president": {"CA": count, "PA": count}}})
        visit.wait_for('[data-part="undecided"] li:has-text("California"):has-text("+2.0")')
        visit.page.click('[data-group=""] summary')
        visit.wait_for('tr[data-unit="PA"]:has-text("72%")')
        self.assertEqual(visit.page.inner_text('[data-part="notice"]'), "")
        self.assertEqual(visit.page.get_attribute('.map-shapes [data-unit="PA"]', "data-look"), "")

        visit.page.select_option('[data-part="layer"]', "counted")
        visit.wait_for("text=These are not calls")
        visit.wait_for('.map-shapes [data-unit="PA"][data-lead="red"][data-party=""]')
        self.assertIn("not calls", visit.page.get_attribute(".map", "aria-label"))
        self.assertEqual(violations(visit.page), [])

        fallen = {"votes": {"D": 30, "R": 20}, "expected": 0.5}
        in_a_thread(self.wait_and_publish, {"counts": {"president": {"PA": fallen}}})
        visit.wait_for('.map-shapes [data-unit="PA"][data-lead="blue"]')
        visit.wait_for('tr[data-unit="PA"]:has-text("50%")')

    def wait_and_publish(self, change):
        """Publish as a feed does that may send counts every 2 s."""

        def is_accepted():
            try:
                self.publish(change)
            except OSError:  # 429
                return False
            return True

        wait_for(is_accepted, "the next counts to be accepted")

    def test_pages_of_several_contests_are_accessible_and_fit_a_phone(self):
        self.publish(call("lakeland", "GRN", "C1", "W"))
        for scheme in ("light", "dark"):
            for path in (
                "?contest=lakeland",
                "embed/?contest=lakeland",
                "replay/?contest=lakeland",
            ):
                visit = self.visit(color_scheme=scheme, viewport={"width": 320, "height": 640})
                page = visit.open(self.path + path)
                self.assertEqual(violations(page), [], f"{path} {scheme}")
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 320)

    def test_map_begins_in_the_upper_part_of_a_phone_in_every_state(self):
        self.publish({"story": story(LONG)})
        phones = [{"width": 360, "height": 800}, {"width": 320, "height": 640}]

        def check(**options):
            for viewport in phones:
                visit = self.viewer(viewport=viewport, **options)
                self.assertLess(visit.page.locator(".map").bounding_box()["y"], 300)
            return visit

        check(java_script_enabled=False)
        visit = check()
        visit.page.evaluate("Object.defineProperty(navigator, 'onLine', {value: true})")
        visit.context.set_offline(True)
        visit.wait_for('[data-state="reconnecting"]')
        self.assertLess(visit.page.locator(".map").bounding_box()["y"], 300)
        in_a_thread(
            lambda: Broadcast.objects.filter(slug=self.broadcast.slug).update(rehearsal=True)
        )
        check()

    def test_tab_of_the_contest_on_air_is_in_sight_on_a_phone(self):
        page = self.viewer(viewport={"width": 320, "height": 640}).page
        for contest in ("senate", "lakeland", "president"):
            self.publish({"view": {"contest": contest, "focus": "", "highlight": []}})
            tab = page.wait_for_selector(f'{CURRENT}[data-contest="{contest}"]').bounding_box()
            self.assertGreaterEqual(tab["x"], 0)
            self.assertLessEqual(tab["x"] + tab["width"], 320)
            starts = [each.bounding_box()["x"] for each in page.locator(".tabs > a").all()]
            self.assertIn(16, map(round, starts))  # the row begins with a whole tab

    def test_page_with_all_contests_is_small(self):
        visit = self.visit()
        visit.context.add_init_script(AT_ONCE)
        page = visit.page
        with page.expect_response("**/contests/*.html?v=*"), page.expect_websocket():
            visit.open(self.path)
        page.wait_for_load_state("networkidle")
        page.wait_for_function(
            "() => performance.getEntries().filter(({ name }) => /contests/.test(name)).length > 1"
        )
        loaded = page.evaluate(LOADED)
        contests = [name for name, _ in loaded if "/contests/" in name]
        self.assertEqual(len(contests), 2)  # the third is in the page itself
        page_and_contests = [size for name, size in loaded if "/static/" not in name]
        self.assertLessEqual(sum(page_and_contests), WEIGHT, loaded)

    def test_desk_calls_races_of_several_contests_at_once(self):
        visit = self.visit(viewport={"width": 1440, "height": 1000})
        visit.log_in_as(staff(f"editor-{uuid.uuid4().hex[:8]}", EDITOR))
        desk = visit.open(f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/")
        visit.wait_for('[data-desk="connection"][data-state="connected"]')
        desk.click('[data-desk="preview"] .tab[data-contest="lakeland"]')
        desk.click('[data-desk="preview"] [data-picture="lakeland"] .map-shapes [data-unit="N"]')
        desk.click('[data-call="lakeland/N"] label:has-text("G Green Alliance")')
        desk.select_option('[data-desk="add"]', "senate/OH")
        desk.click('[data-call="senate/OH"] label:has-text("Moreno")')
        desk.select_option("#draft-focus", "senate/OH")
        desk.fill("#draft-headline", "North and Ohio")
        summary = desk.inner_text('[data-desk="take-summary"]')
        self.assertIn("Lakeland: North to Green Alliance. Green Alliance 6, ", summary)
        self.assertIn(" Senate: Ohio to Moreno. ", summary)
        self.assertIn(" View: senate, Ohio.", summary)
        desk.click('[data-desk="program"] .tab[data-contest="lakeland"]')
        desk.click('[data-action="take"]')
        visit.wait_for("text=Update 2 is on air.")
        visit.wait_for(f'[data-desk="program"] {CURRENT}[data-contest="senate"]')
        visit.wait_for('[data-desk="program"] >> text=view senate OH')
        visit.wait_for(
            '[data-desk="program"] [data-contest="lakeland"] [data-part="GRN"]:text("6")'
        )
        self.assertEqual(violations(desk), [])
        self.assertEqual(visit.errors, [])
