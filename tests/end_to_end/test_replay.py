"""Replays, moments and rebroadcasts in real browsers."""

import io
import json
import uuid
import wave
from datetime import timedelta

from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.desk.permissions import EDITOR
from broadcaster.domain.geometry import shipped
from broadcaster.domain.recording_file import parse_recording
from broadcaster.management.evening import Evening
from broadcaster.models import Rebroadcast
from broadcaster.publishing.history import milliseconds
from tests.support.audience import BrowserAudience
from tests.support.browser import hold_back, violations
from tests.support.log import store
from tests.support.staff import staff

AZ = '.map-shapes [data-unit="AZ"]'
SLIDER = '[data-part="slider"]'


def seconds(clock):
    """Return the seconds of "1:15", in hours and minutes."""
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60


class Sound:
    """A silent sound file, served in ranges; a video element plays it as well."""

    def __init__(self, length):
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(1)
            sound.setframerate(3000)
            sound.writeframes(bytes([128]) * 3000 * length)  # `length` seconds
        self.body = file.getvalue()

    def answer(self, route):
        start = int(route.request.headers.get("range", "bytes=0-").split("=")[1].split("-")[0])
        size = len(self.body)
        headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{size - 1}/{size}"}
        route.fulfill(status=206, body=self.body[start:], content_type="audio/wav", headers=headers)


class ReplayPage(BrowserAudience, TransactionTestCase):
    """Pages of the demonstration's evening, which took place yesterday."""

    def setUp(self):
        began = milliseconds(timezone.now() - timedelta(days=1))
        slug = f"evening-{uuid.uuid4().hex[:8]}"
        self.broadcast = store(Evening().recording(began), slug=slug, title="Election Night")
        self.path = f"/broadcasts/{slug}/"

    def open(self, path, **options):
        """Open a page, which must have no errors until the end of the test."""
        visit = self.visit(**options)
        self.addCleanup(lambda: self.assertEqual(visit.errors, []))
        visit.open(path)
        return visit

    def replay(self, query="", **options):
        """Open the replay page, and wait until its controls are enabled."""
        visit = self.open(f"{self.path}replay/{query}", **options)
        visit.wait_for(f"{SLIDER}:enabled", state="attached")
        return visit

    def scrub(self, visit, clock):
        visit.page.fill(SLIDER, str(seconds(clock)))

    def totals(self, visit):
        parts = [f'.tally [data-part="{part}"]' for part in ("D", "R", "uncalled")]
        return "–".join(visit.page.text_content(part) for part in parts)

    def test_scrubbing_shows_the_map_of_that_time_and_later_corrections(self):
        visit = self.replay()
        self.scrub(visit, "1:15")
        visit.wait_for(f'{AZ}[data-party="D"]')
        self.assertEqual(self.totals(visit), "238–213–87")
        self.assertEqual(visit.page.inner_text('[data-part="later"]'), "⚑ Later corrected: Arizona")
        entry = visit.page.locator(".updates li[data-now]")
        self.assertIn("later corrected", entry.inner_text())
        struck = visit.page.locator(".updates s").all_inner_texts()
        self.assertEqual(struck, ["Arizona goes to Biden: 11 electoral votes"])

        left = visit.page.inner_text('[data-part="undecided"] li >> nth=0')
        self.assertIn("Pennsylvania 20", left)
        self.assertEqual(visit.page.inner_text('[data-part="undecided-count"]'), "8")

        self.scrub(visit, "1:25")
        visit.wait_for(f'{AZ}[data-status="retracted"]')
        self.assertEqual(self.totals(visit), "227–213–98")
        visit.wait_for(
            '[data-part="undecided"] [data-race="AZ"]:has-text("Call withdrawn")', state="attached"
        )
        self.assertFalse(visit.page.locator('[data-part="later"]').is_visible())
        self.assertIn("1:25:00", visit.page.get_attribute(SLIDER, "aria-valuetext"))

        self.scrub(visit, "0:10")  # backwards
        visit.wait_for(f'{AZ}[data-status="open"]')
        self.assertEqual(self.totals(visit), "3–33–502")
        self.assertEqual(visit.page.locator(".updates li:visible").count(), 3)

    def test_controls_are_disabled_until_the_recording_is_loaded(self):
        visit = self.visit()
        page, recording = visit.page, "**/recording.json?upto=*"
        release = hold_back(page, recording)
        with page.expect_request(recording):
            page.goto(f"{self.server.url}{self.path}replay/", wait_until="commit")
        visit.wait_for(".units")  # the page is complete
        controls = page.locator('.player button, .player select, [data-part="slider"]')
        self.assertEqual([control.is_enabled() for control in controls.all()], [False] * 5)

        release()
        page.click('[data-action="play"]')

        visit.wait_for('[data-action="play"] >> text="Pause"')

    def test_replay_plays_at_the_chosen_speed_and_pauses_at_the_end(self):
        visit = self.replay(f"?t={seconds('2:27')}")
        visit.page.select_option('[data-part="speed"]', "300")
        visit.page.click('[data-action="play"]')
        visit.wait_for('[data-part="headline"]:text("Biden wins")')
        visit.wait_for('[data-action="play"] >> text="Play again"')
        self.assertFalse(visit.page.is_visible("text=See how it ended"))
        self.assertEqual(self.totals(visit), "306–232–0")
        self.assertEqual(visit.page.inner_text('[data-part="notice"]'), "")

    def test_keys_move_between_updates_and_announce_each(self):
        visit = self.replay(f"?t={seconds('1:00')}")
        page = visit.page
        page.focus(SLIDER)
        page.keyboard.press("PageDown")
        visit.wait_for(f'{AZ}[data-party="D"]')
        notice = page.inner_text('[data-part="notice"]')
        self.assertRegex(notice, "Arizona goes to Biden: 11 electoral votes.*later corrected")
        page.keyboard.press("ArrowLeft")
        visit.wait_for(f'{AZ}[data-status="open"]')
        self.assertEqual(page.inner_text('[data-part="elapsed"]'), "1:09:50")
        page.keyboard.press("End")
        visit.wait_for('[data-part="headline"]:text("Biden wins")')
        page.keyboard.press("PageUp")
        visit.wait_for('[data-part="headline"]:text("Alaska goes to Trump")')
        page.press('.updates [data-seq="22"] a', "Enter")
        visit.wait_for('[data-part="headline"]:text("North Carolina goes to Trump")')
        self.assertIn("/replay/?t=", page.url)  # no other page was loaded

    def test_scrubbing_makes_no_request(self):
        visit, requests = self.replay(), []
        visit.page.on("request", lambda request: requests.append(request.url))
        self.scrub(visit, "2:10")
        visit.wait_for('.tally [data-part="D"]:text("273")')
        self.assertEqual(requests, [])

    def test_shared_moment_opens_in_another_browser(self):
        visit = self.replay(permissions=["clipboard-read", "clipboard-write"])
        self.scrub(visit, "2:10")
        visit.wait_for('.tally [data-part="D"]:text("273")')
        visit.page.clock.install()
        for _ in range(2):  # at the second click the button still reads “copied”
            visit.page.click('[data-part="share"]')
            visit.wait_for("text=Link copied")
        address = visit.page.evaluate("navigator.clipboard.readText()")
        visit.page.clock.run_for(10_000)
        self.assertEqual(visit.page.inner_text('[data-part="share"]'), "Share this moment")

        other = self.open(address.removeprefix(self.server.url))
        self.assertEqual(self.totals(other), "273–214–51")
        other.wait_for("text=You are viewing")
        other.page.click("text=See how it ended")
        other.wait_for('.tally [data-part="D"]:text("306")')

    def rebroadcast(self, minutes):
        """Create a rebroadcast that began `minutes` ago, and return its query."""
        starts = timezone.now() - timedelta(minutes=minutes)
        again = Rebroadcast.objects.create(
            broadcast=self.broadcast,
            epoch=self.broadcast.epoch,
            seq=self.broadcast.seq,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=160),
            by=staff(f"editor-{uuid.uuid4().hex[:8]}"),
        )
        return f"?rebroadcast={again.pk}"

    def test_rebroadcast_shows_the_same_second_on_machines_with_other_clocks(self):
        query = self.rebroadcast(minutes=75)
        late, right = self.replay(query), self.replay(query)
        late.context.clock.install(time=timezone.now() - timedelta(hours=3))
        late.page.reload()
        for visit in (late, right):
            visit.wait_for("text=everyone sees the same second")
            visit.wait_for('[data-part="elapsed"]:text-matches("^1:15:")')
            self.assertEqual(self.totals(visit), "238–213–87")

        requests = []
        right.page.on("request", lambda request: requests.append(request.url))
        self.scrub(right, "2:10")  # a viewer who uses the controls leaves the rebroadcast
        right.wait_for("text=You have left the rebroadcast")
        right.wait_for('.tally [data-part="D"]:text("273")')
        right.page.click("text=Return to it")
        right.wait_for('.tally [data-part="D"]:text("238")')
        self.assertEqual(requests, [])

    def test_rebroadcast_starts_at_its_time_and_plays(self):
        visit = self.replay(self.rebroadcast(minutes=-1))
        visit.wait_for("text=This rebroadcast begins at")
        self.assertFalse(visit.page.locator('[data-part="player"]').is_visible())
        visit.page.clock.install()
        visit.page.clock.fast_forward("01:00")
        visit.wait_for('[data-part="together"]')
        visit.wait_for('[data-part="player"]')
        after_c1 = self.replay(self.rebroadcast(minutes=4.95))
        after_c1.wait_for('.tally [data-part="R"]:text("33")')

    def test_log_scrolls_above_the_table(self):
        page = self.replay("?at=20", viewport={"width": 1440, "height": 900}).page
        log, table = (page.locator(part).bounding_box() for part in (".updates", ".units"))
        self.assertLessEqual(log["y"] + log["height"], table["y"])
        end = page.locator(".updates li:last-child")
        end.scroll_into_view_if_needed()
        self.assertLessEqual(end.bounding_box()["y"], log["y"] + log["height"])

    def test_pages_are_accessible_and_fit_a_small_phone(self):
        for scheme in ("light", "dark"):
            visit = self.replay(f"?t={seconds('1:15')}", color_scheme=scheme)
            self.assertEqual(violations(visit.page), [])
        self.assertEqual(violations(self.replay(self.rebroadcast(minutes=90)).page), [])
        self.assertEqual(violations(self.open(f"{self.path}?at=9").page), [])
        small = self.replay(viewport={"width": 320, "height": 640}).page
        self.assertLessEqual(small.evaluate("document.documentElement.scrollWidth"), 320)
        self.assertLess(small.locator(".map").bounding_box()["y"], 300)
        self.assertEqual(
            [button.bounding_box()["width"] for button in small.locator(".player button").all()],
            [44, 44, 44],  # icons alone
        )
        small.get_by_role("button", name="Play", exact=True).click()
        small.get_by_role("button", name="Pause", exact=True).click()
        self.assertTrue(small.get_by_role("link", name="Share this moment").is_visible())
        player = small.locator('[data-part="player"]').bounding_box()
        self.assertLessEqual(player["y"] + player["height"], 640)  # in sight
        small.set_viewport_size({"width": 600, "height": 640})
        self.assertLess(small.locator('[data-part="player"]').bounding_box()["height"], 120)
        small.press(SLIDER, "End")
        self.assertEqual(small.evaluate("scrollY"), 0)

    def test_editor_previews_a_part_with_a_video_and_changes_its_offset(self):
        user = staff(f"editor-{uuid.uuid4().hex[:8]}", EDITOR)
        visit = self.visit()
        visit.log_in_as(user)
        visit.context.route("http://media.example/*", Sound(600).answer)
        page = visit.open(f"/admin/broadcaster/broadcast/{self.broadcast.pk}/recording/")
        page.fill("#id_start", str(seconds("1:00")))
        page.fill("#id_offset", str(-seconds("1:00")))
        page.fill("#id_video", "http://media.example/night.wav")
        page.click("text=Preview with the video")
        visit.wait_for('.preview .tally [data-part="D"]:text("227")')
        page.evaluate("document.querySelector('video').currentTime = 599")
        visit.wait_for('.preview .tally [data-part="D"]:text("227")')
        page.fill("#id_offset", str(-seconds("1:05")))
        visit.wait_for('.preview .tally [data-part="D"]:text("238")')
        with page.expect_download() as download:
            page.click("text=Download JSON")
        part = parse_recording(json.loads(download.value.path().read_text()), shipped)
        self.assertEqual(
            part.fold(599_000).totals["president"], {"D": 238, "R": 213, "O": 0, "uncalled": 87}
        )
        self.assertEqual(visit.errors, [])
        self.assertEqual(violations(page), [])  # last, since axe itself violates the page's policy

    def test_log_entries_are_links_without_javascript(self):
        visit = self.open(f"{self.path}replay/", java_script_enabled=False)
        self.assertEqual(visit.page.locator(".updates li:visible").count(), 24)
        self.assertFalse(visit.page.locator('[data-part="player"]').is_visible())
        visit.page.click('.updates [data-seq="18"] a')
        self.assertEqual(self.totals(visit), "273–214–51")
