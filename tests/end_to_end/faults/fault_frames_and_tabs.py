"""Viewers in sandboxed frames, and in several tabs without a WebSocket."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from django.test import TransactionTestCase
from websockets.sync.client import connect

from tests.support.audience import BrowserAudience
from tests.support.changes import PA_TO_BIDEN
from tests.support.figures import check_within
from tests.support.newspaper import Newspaper
from tests.support.proxies import NAME, Nginx, ProxyCase, send_request
from tests.support.server import wait_for

NO_WEBSOCKET = "delete globalThis.WebSocket"


class SandboxedFrames(BrowserAudience, TransactionTestCase):
    environment = {"ALLOWED_HOSTS": "127.0.0.1"}

    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def frame(self, sandbox, script=None):
        """Open another site's page with the map in a sandboxed frame; return the frame."""
        visit = self.visit()
        if script:
            visit.context.add_init_script(script)
        code = f'<iframe sandbox="{sandbox}" src="{self.server.url}{self.path}embed/"></iframe>'
        paper = self.enterContext(Newspaper(f"<!doctype html><title>News</title>{code}"))
        visit.page.goto(f"http://localhost:{paper.server_port}/")
        frame = visit.page.frame_locator("iframe")
        frame.locator("text=Good evening").wait_for()
        return frame

    def test_a_sandboxed_frame_with_scripts_follows_on_both_transports(self):
        frames = [self.frame("allow-scripts"), self.frame("allow-scripts", NO_WEBSOCKET)]

        self.publish(PA_TO_BIDEN)

        for frame in frames:
            frame.locator("text=Pennsylvania goes to Biden").wait_for()
            frame.locator('[data-part="status"][data-state="live"]').wait_for()

    def test_a_sandboxed_frame_without_scripts_does_not_say_that_it_is_live(self):
        frame = self.frame("")

        status = frame.locator("noscript .status")  # Playwright finds no text in a noscript
        self.assertIn("Not live, since JavaScript is blocked here.", status.inner_text())
        self.assertFalse(frame.locator("text=Live, as of").is_visible())

    def test_the_desk_is_closed_to_sandboxed_frames(self):
        with self.assertRaises(Exception) as refused:
            connect(
                f"ws://127.0.0.1:{self.server.port}/admin/broadcaster/broadcast/"
                f"{self.broadcast.pk}/console/ws",
                origin="null",
            )
        self.assertIn("403", str(refused.exception))


class TabsWithoutWebSocket(BrowserAudience, TransactionTestCase):
    def test_two_tabs_follow_at_the_same_time(self):
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        visit = self.visit()
        visit.context.add_init_script(NO_WEBSOCKET)
        tabs = [visit.context.new_page() for _ in range(2)]
        for tab in tabs:
            tab.goto(self.server.url + self.path)
            tab.wait_for_selector('[data-part="status"][data-state="live"]')

        for headline in ("One", "Two", "Three"):
            self.publish({"story": {"headline": headline}})
            for tab in tabs:
                # Chromium's cache would let the second tab wait for 20 s.
                tab.wait_for_selector(f'[data-part="headline"]:text("{headline}")', timeout=5000)
                self.assertEqual(tab.locator('[data-state="live"]').count(), 1)


class TabsBehindNginx(ProxyCase):
    def test_polls_of_tabs_share_one_response_and_a_head_request_does_not_wait(self):
        proxy = self.enterContext(Nginx(*self.servers))
        path = self.updates(self.position())
        fresh = {"Host": NAME, "Cache-Control": "no-cache", "Pragma": "no-cache"}  # as browsers do
        with ThreadPoolExecutor(10) as pool:
            polls = [pool.submit(send_request, proxy.port, path, fresh) for _ in range(10)]
            wait_for(lambda: self.polls_waiting(), "a poll at a server")
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
            connection.request("HEAD", path, headers=fresh)
            status = connection.getresponse().status
            connection.close()
            self.assertEqual(status, 200)
            check_within(self, "HEAD beside a poll that waits", time.monotonic() - began, 2)
            self.publish(self.servers[0], {"view": {"focus": "OH"}})
            for poll in polls:
                self.assertEqual(json.loads(poll.result()[2])["t"], "updates")
        self.assertLessEqual(proxy.origin_requests(f"/broadcasts/{self.slug}/updates"), 3)
