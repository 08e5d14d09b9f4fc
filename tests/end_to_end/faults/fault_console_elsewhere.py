"""A console beside another log-in in its browser, and in another time zone."""

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.models import Cue
from tests.support.browser import Visit
from tests.support.changes import PA_TO_BIDEN
from tests.support.console import CONNECTED, DONE, WIDE, ConsoleTestCase

FALLBACK = '[data-desk="connection"][data-state="fallback"]'


class ConsoleAfterAnotherLogin(ConsoleTestCase):
    def test_the_same_user_goes_on_without_a_socket(self):
        self.assert_the_same_user_goes_on(lambda socket: socket.close(), FALLBACK)

    def test_the_same_user_goes_on_with_a_socket(self):
        self.assert_the_same_user_goes_on(None, CONNECTED)

    def test_the_same_user_goes_on_before_the_old_socket_closes(self):
        def keep_open(socket):
            socket.connect_to_server().on_close(lambda code, reason: None)

        self.assert_the_same_user_goes_on(keep_open, CONNECTED)

    def assert_the_same_user_goes_on(self, handle_socket, state):
        visit, desk = self.open_with_password(handle_socket)
        desk.wait_for_selector(state)
        self.log_in_elsewhere(visit, "broadcaster")
        desk.wait_for_selector(state)

        desk.fill("#draft-headline", "Still the same desk")
        desk.click('[data-action="take"]')

        self.wait_for_message(desk, "Update 2 is on air.")
        desk.wait_for_selector(state)

    def test_another_user_stops_the_page(self):
        for handle_socket in (lambda socket: socket.close(), None):
            visit, desk = self.open_with_password(handle_socket)
            desk.wait_for_selector(CONNECTED if handle_socket is None else FALLBACK)
            editor = self.user(EDITOR)
            editor.set_password("another password")
            editor.save()
            self.log_in_elsewhere(visit, "editor", "another password")

            desk.wait_for_selector('[data-desk="connection"][data-state="replaced"]')
            desk.fill("#draft-headline", "In whose name?")
            desk.click('[data-action="take"]')

            self.wait_for_message(desk, "Somebody else logged in with this browser.")
            self.assertEqual(self.seq(), 1)

    def open_with_password(self, handle_socket):
        user = self.user(BROADCASTER)
        user.set_password("a password")
        user.save()
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        if handle_socket:
            visit.context.route_web_socket("**/console/ws", handle_socket)
        visit.log_in("broadcaster", "a password")
        return visit, visit.open(self.path)

    def log_in_elsewhere(self, visit, name, password="a password"):
        """Log out and in again in a second tab of the same browser."""
        tab = visit.context.new_page()
        tab.goto(f"{self.server.url}/admin/")
        tab.click("#logout-form button")
        tab.wait_for_url("**/logout/")
        tab.goto(f"{self.server.url}/admin/login/?next=/admin/password_change/")
        tab.fill("#id_username", name)
        tab.fill("#id_password", password)
        tab.click("[type=submit]")
        tab.wait_for_url("**/password_change/")
        tab.close()


class ConsoleInAnotherTimeZone(ConsoleTestCase):
    def test_times_are_those_of_the_newsroom(self):
        self.add_cue("Polls close", PA_TO_BIDEN)
        desk = self.open_console(EDITOR, timezone_id="America/Los_Angeles")
        self.assertRegex(desk.inner_text('[data-desk="clock"]'), r"^\d+:\d\d:\d\d [ap]m E[SD]T$")

        self.row(desk, "Polls close").locator('[data-cue="select"]').click()
        self.assertRegex(desk.inner_text('[data-cue="zone"]'), r"^E[SD]T$")
        desk.fill('[data-cue="time"]', "21:00:00")
        desk.click('[data-cue="set_time"]')

        self.wait_for_message(desk, "goes out automatically at 9:00:00 pm E")
        due = Cue.objects.get(title="Polls close").due_at
        self.assertIn(due.hour, (1, 2))  # UTC, by the season
        self.assertIn("9:00:00 pm E", desk.inner_text(DONE))
