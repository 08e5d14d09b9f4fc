"""Pages that stay open while the server gets new static files: they load themselves again."""

import json
import shutil
import signal
from pathlib import Path

from django.test import TransactionTestCase

from tests.support.audience import BrowserAudience

HOURS = "05:00:00"  # more than between two checks
SHEET = "viewers/shared/page.css"  # which all of the pages have


class RenewedPages(BrowserAudience, TransactionTestCase):
    number = 0  # of the newest files

    @classmethod
    def prepare(cls, server):
        server.manage("collectstatic", "--no-input", "--verbosity", "0")

    def setUp(self):
        super().setUp()
        if self.server.process.poll() is not None:  # the test before has failed
            self.server.start()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def upgrade(self, *, with_file=True):
        """Put newer static files in place and restart the server. Return the name of one."""
        type(self).number += 1
        folder = Path(self.server.state.name, "static")
        manifest = folder / "staticfiles.json"
        names = json.loads(manifest.read_text())
        newer = SHEET.replace(".css", f".{self.number:012x}.css")
        if with_file:
            shutil.copy(folder / names["paths"][SHEET], folder / newer)
        names["paths"][SHEET] = newer
        manifest.write_text(json.dumps(names))
        self.restart()
        return newer

    def restart(self):
        self.server.stop(signal.SIGINT)
        self.server.start()

    def open(self, path=""):
        """Open a page, mark it, and wait until it is ready to renew itself."""
        visit = self.visit()
        visit.page.clock.install()
        visit.open_late(self.path + path, "Good evening")
        visit.wait_for('[data-state="live"]')
        if not path:  # the live page loads the script for it later
            with visit.page.expect_response("**/renewal*.js"):
                visit.page.clock.fast_forward("01:05")
        visit.page.evaluate("window.isOld = true")
        return visit

    def wait_for_check(self, visit):
        """Let hours pass, and wait for the check that the page makes then."""
        with visit.page.expect_response(
            lambda response: response.url.endswith(self.path_of(visit))
        ):
            visit.page.clock.fast_forward(HOURS)

    def path_of(self, visit):
        return visit.page.url.removeprefix(self.server.url)

    def assert_is_new(self, visit, sheet):
        visit.page.wait_for_function("() => !window.isOld")
        visit.wait_for('[data-state="live"]')
        self.assertIn(sheet, visit.page.content())

    def assert_stays(self, visit):
        """Assert that the page is still the same after its next check."""
        self.wait_for_check(visit)
        self.assert_is_old(visit)

    def assert_is_old(self, visit):
        visit.page.evaluate("fetch(location.href)")  # the page handles its own responses meanwhile
        self.assertTrue(visit.page.evaluate("window.isOld"))

    def test_pages_load_themselves_again_for_new_files(self):
        visits = [self.open(path) for path in ("", "board/", "embed/")]
        newer = self.upgrade()
        for visit in visits:
            visit.page.clock.fast_forward(HOURS)
            self.assert_is_new(visit, newer)
            self.publish({"story": {"headline": f"News for {self.path_of(visit)}"}})
            visit.wait_for(f"text=News for {self.path_of(visit)}")
            self.assertEqual(visit.errors, [])

    def test_page_that_is_up_to_date_is_not_loaded_again(self):
        for path in ("", "board/"):
            visit = self.open(path)
            self.restart()
            self.assert_stays(visit)

    def test_page_is_not_loaded_before_all_new_files_are_there(self):
        visit = self.open("board/")
        newer = self.upgrade(with_file=False)
        with visit.page.expect_response(f"**/{newer}"):
            visit.page.clock.fast_forward(HOURS)
        self.assert_is_old(visit)

        folder = Path(self.server.state.name, "static")
        shutil.copy(folder / SHEET, folder / newer)
        visit.page.clock.fast_forward(HOURS)

        self.assert_is_new(visit, newer)

    def test_board_stays_while_the_server_is_down_and_recovers(self):
        visit = self.open("board/")
        self.server.stop(signal.SIGINT)
        with visit.page.expect_event("requestfailed"):
            visit.page.clock.fast_forward(HOURS)
        self.assertTrue(visit.page.evaluate("window.isOld"))
        self.assertTrue(visit.page.is_visible("text=Good evening"))

        self.server.start()
        visit.page.clock.fast_forward(HOURS)

        visit.wait_for('[data-state="live"]')

    def test_page_is_loaded_for_one_edition_once(self):
        """As from two servers of which one is older, for as long as an upgrade takes."""
        visit = self.open("board/")
        old = visit.page.content()
        newer = self.upgrade()
        visit.page.route(
            lambda url: url.endswith("/board/"),
            lambda route: (
                route.fulfill(body=old, content_type="text/html")
                if route.request.is_navigation_request()
                else route.continue_()
            ),
        )
        visit.page.clock.fast_forward(HOURS)
        visit.page.wait_for_function("() => !window.isOld")
        visit.wait_for("html[data-started]")
        self.assertNotIn(newer, visit.page.content())
        visit.page.evaluate("window.isOld = true")
        self.assert_stays(visit)

    def test_live_page_waits_until_its_viewer_resumes(self):
        visit = self.open()
        pause = '.actions [data-action="pause"]'
        visit.page.click(pause)
        newer = self.upgrade()
        visit.page.clock.fast_forward(HOURS)
        self.assert_is_old(visit)

        visit.page.click(pause)
        self.assertTrue(visit.page.evaluate("window.isOld"))
        visit.page.clock.fast_forward("00:06:00")

        self.assert_is_new(visit, newer)

    def test_board_whose_script_could_not_be_loaded_loads_itself_again(self):
        visit = self.visit()
        visit.page.clock.install()
        script = "**/board.*.js"
        visit.page.route(script, lambda route: route.abort())
        visit.open_late(f"{self.path}board/", "Good evening")
        self.assertEqual(visit.page.locator("html[data-started]").count(), 0)

        visit.page.unroute(script)
        visit.page.clock.fast_forward("00:31")

        visit.wait_for("html[data-started]")
        visit.wait_for('[data-state="live"]')
