"""What the console says is true: of the connection, of what is on air, and of a long headline."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.models import Cue
from broadcaster.publishing.publish import start_over
from tests.support.browser import Visit, in_a_thread
from tests.support.console import CONNECTED, PREVIEW, PROGRAM, TAKE, WIDE, ConsoleTestCase

RED = "rgb(176, 0, 32)"
AMBER = "rgb(245, 184, 0)"
ON_AIR = '[data-desk="on-air"]'
CUT_OFF = "#desk[data-cut-off]"


class TruthfulConsole(ConsoleTestCase):
    def colour(self, desk, selector):
        return desk.eval_on_selector(selector, "each => getComputedStyle(each).backgroundColor")

    def open_behind_a_proxy(self, group, change=lambda text: text):
        """Open a console whose socket a test can close or silence. Return page and sockets.

        `change` is applied to each frame of the server.
        """
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        sockets = []

        def relay(socket):
            server = socket.connect_to_server()
            socket.is_silent = False
            server.on_message(lambda text: None if socket.is_silent else socket.send(change(text)))
            sockets.append(socket)

        visit.context.route_web_socket("**/console/ws", relay)
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.wait_for(CONNECTED)
        return visit.page, sockets

    def test_console_is_grey_as_soon_as_the_socket_is_closed(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk, sockets = self.open_behind_a_proxy(BROADCASTER)
        self.assertEqual(self.colour(desk, TAKE), RED)
        desk.context.route("**/console/state", lambda route: route.abort())  # no answer either
        desk.context.route_web_socket("**/console/ws", lambda socket: socket.close())

        sockets[0].close()

        desk.wait_for_selector(CUT_OFF, timeout=1000)
        self.assertNotEqual(self.colour(desk, TAKE), RED)
        self.assertNotEqual(self.colour(desk, ".desk-bar"), RED)
        grey = self.colour(desk, f"{PROGRAM} .screen-bar")
        self.assertEqual(self.colour(desk, f"{PREVIEW} .screen-bar"), grey)
        self.assertEqual(desk.inner_text('[data-desk="cut-off"]'), "NO CONNECTION")
        self.assertIn("what you see may be old", desk.inner_text(".desk-bar"))
        self.assertIn("Last known: update 1,", desk.inner_text(ON_AIR))
        self.assertIn("last known", desk.inner_text(f"{PROGRAM} .screen-bar"))
        desk.set_viewport_size({"width": 360, "height": 780})
        self.assertNotIn("nobody else is here", desk.inner_text(".desk-bar"))

    def test_program_is_amber_on_hold(self):
        desk = self.open_console(BROADCASTER)
        self.assertEqual(self.colour(desk, f"{PROGRAM} .screen-bar"), RED)

        self.publish({"kind": "hold"})

        desk.wait_for_selector(f"{PROGRAM} >> text=on hold: viewers see the pause")
        self.assertEqual(self.colour(desk, f"{PROGRAM} .screen-bar"), AMBER)
        desk.wait_for_selector('[data-action="undoView"][data-blocked]')

    def test_console_is_grey_within_10_seconds_of_silence(self):
        desk, sockets = self.open_behind_a_proxy(BROADCASTER)
        desk.context.route("**/console/state", lambda route: route.abort())
        desk.context.route_web_socket("**/console/ws", lambda socket: None)

        sockets[0].is_silent = True

        desk.wait_for_selector(CUT_OFF, timeout=10_000)

    def test_bar_names_the_other_people_at_the_desk(self):
        desk = self.open_console(BROADCASTER)
        desk.wait_for_selector(".desk-bar >> text=nobody else is here")

        other = self.open_console(EDITOR)

        desk.wait_for_selector(".desk-bar >> text=editor is here")
        other.wait_for_selector(".desk-bar >> text=broadcaster is here")
        other.close()
        desk.wait_for_selector(".desk-bar >> text=nobody else is here")

    def test_program_shows_the_annotations_that_viewers_see(self):
        notes = [
            {"at": "PA", "text": "Ballots are left in Philadelphia"},
            {"text": "Polls are closed everywhere"},
        ]
        self.publish({"story": {"headline": "Waiting", "annotations": notes}})
        desk = self.open_console(BROADCASTER)

        shown = desk.locator(f'{PROGRAM} [data-screen="notes"] li').all_inner_texts()

        words = ["Pennsylvania: Ballots are left in Philadelphia", "Polls are closed everywhere"]
        self.assertEqual(shown, words)
        self.assertEqual(desk.locator(f"{PROGRAM} .map-pins text").all_text_contents(), ["1"])

    def test_bar_names_the_update_that_is_on_air(self):
        desk = self.open_console(BROADCASTER)
        desk.fill("#draft-headline", "Polls close")
        desk.click(TAKE)
        self.wait_for_message(desk, "Update 2 is on air.")

        self.publish({"story": {"headline": "Ohio is close"}})

        desk.wait_for_selector(f"{ON_AIR} >> text=/On air: update 3, .*“.*Ohio is close/")
        desk.wait_for_selector('[data-desk="done"] >> text=/^$/', state="attached")

    def test_long_headline_is_kept_and_not_taken(self):
        desk = self.open_console(BROADCASTER)
        words = "Pennsylvania is close " * 10  # 219 characters without the last space
        desk.focus("#draft-headline")
        desk.keyboard.insert_text(words)  # as a paste does

        self.assertEqual(desk.input_value("#draft-headline"), words)
        desk.wait_for_selector("text=219 of 200 characters")
        desk.click(TAKE)
        self.wait_for_message(desk, "The headline is too long: 219 characters, at most 200.")
        self.assertEqual(self.seq(), 1)

    def test_cue_that_is_added_is_in_preview_and_in_sight(self):
        for number in range(30):
            self.add_cue(f"View {number}", {"view": {"focus": "OH"}})
        desk = self.open_console(CONTRIBUTOR)
        desk.fill("#draft-headline", "Good evening")

        desk.click("text=Add to rundown")

        self.wait_for_message(desk, "In the rundown: Good evening.")
        row = self.row(desk, "Good evening")
        row.locator("text=PREVIEW").wait_for()
        desk.wait_for_selector(f"{PREVIEW} >> text=Good evening")
        box, frame = row.bounding_box(), desk.locator(".cues").bounding_box()
        self.assertGreaterEqual(box["y"], frame["y"])
        self.assertLess(box["y"] + box["height"], frame["y"] + frame["height"] + 1)

    def test_hour_that_comes_twice_is_asked_about(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        evening = datetime(2027, 11, 7, 0, 30, tzinfo=ZoneInfo("America/New_York"))

        def on_that_evening(text):
            frame = json.loads(text)
            if "now" in frame:
                frame["now"] = evening.timestamp() * 1000
            return json.dumps(frame)

        desk, _ = self.open_behind_a_proxy(EDITOR, on_that_evening)
        desk.wait_for_selector(r"[data-desk=clock] >> text=/12:3\d:\d\d am EDT/")
        desk.fill('[data-cue="time"]', "01:45:00")
        desk.click("text=Take at")
        self.assertIn("01:45:00 comes twice", desk.inner_text("dialog"))
        desk.click("dialog >> text=Go back")
        self.assertIsNone(Cue.objects.get().due_at)
        for words, hours in (("1:45:00 am EDT, in 1:1", 1.25), ("1:45:00 am EST, in 2:1", 2.25)):
            desk.click("text=Take at")

            desk.click(f"dialog button >> text={words}")

            self.wait_for_message(desk, f"“C1” goes out automatically at {words}")
            ahead = Cue.objects.get().due_at - evening
            self.assertEqual(ahead, timedelta(hours=hours))
            desk.click(".cue >> text=Cancel")
            self.wait_for_message(desk, "“C1” no longer goes out automatically.")
            desk.fill('[data-cue="time"]', "01:45:00")

    def test_start_asks_for_a_headline(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.open_console(EDITOR)
        desk.focus('[data-action="start"]')
        desk.keyboard.press("Enter")
        desk.keyboard.press("Enter")  # a double press is no answer, nor is a key that is held
        desk.keyboard.down("Enter")
        desk.keyboard.down("Enter")
        desk.keyboard.up("Enter")
        self.assertEqual(desk.locator("dialog[open]").count(), 1)
        desk.fill('[data-dialog="headline"]', "")
        self.assertTrue(desk.is_disabled('[data-dialog="yes"]'))
        self.assertEqual(self.seq(), 0)

        desk.fill('[data-dialog="headline"]', "Good evening")
        desk.press('[data-dialog="headline"]', "Enter")
        desk.keyboard.press("Enter")  # on the button, which has the focus again

        desk.wait_for_selector(f"{PROGRAM} >> text=Good evening")
        self.assertEqual(self.seq(), 1)
        self.assertEqual(desk.locator("dialog[open]").count(), 0)

    def test_end_lists_what_is_left_and_asks_for_the_last_headline(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk = self.open_console(EDITOR)

        desk.click('[data-action="end"]')

        facts = desk.inner_text('[data-dialog="facts"]')
        self.assertIn("56 of 56: CA 55, TX 38, FL 29", facts)
        self.assertIn("C1", facts)
        self.assertEqual(desk.input_value('[data-dialog="headline"]'), "Good evening")
        desk.keyboard.type("Good night")  # replaces the present headline, which is selected
        desk.click('[data-dialog="yes"]')
        desk.wait_for_selector('#desk[data-mode="ended"]')
        desk.wait_for_selector(f'{PROGRAM} >> text="Good night"')
