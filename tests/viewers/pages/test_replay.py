"""The recording file, the replay page and the pages of moments, as the server sends them."""

from django.contrib.auth import get_user_model
from django.test import TestCase

from broadcaster.domain.change import Call, Status
from broadcaster.domain.recording_file import parse_recording
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast
from broadcaster.models.contests import geometry_of
from broadcaster.publishing.publish import start_over
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish, store

FILE = "/broadcasts/night/recording.json"
BEGAN = 1_604_448_000_000  # Nov 3, 2020, 7 pm in New York


def call(unit, party, headline):
    return {
        "calls": {"president": {unit: {"status": "called", "party": party}}},
        "story": {"headline": headline},
    }


class RecordingCase(TestCase):
    """A broadcast in which Arizona is called (seq 3), retracted (5) and called again (6)."""

    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
        self.user = get_user_model().objects.create_user("broadcaster")
        for change in (
            {"kind": "start", "story": {"headline": "Good evening"}},
            call("FL", "R", "Florida goes to Trump"),
            call("AZ", "D", "Arizona goes to Biden"),
            {"view": {"focus": "PA"}},
            {
                "kind": "correct",
                "corrects": 3,
                "reason": "Too early",
                "calls": {"president": {"AZ": {"status": "retracted"}}},
                "story": {"headline": "Correction: Arizona is not called"},
            },
            call("AZ", "D", "Arizona goes to Biden after all"),
        ):
            self.publish(change)

    def publish(self, change):
        publish(self.broadcast, parse_change(change), by=self.user)
        self.broadcast.refresh_from_db()

    def position(self, seq):
        return f"{self.broadcast.epoch}:{seq}"


class RecordingFileTests(RecordingCase):
    def test_recording_at_a_position_has_the_updates_until_then(self):
        response = self.client.get(FILE, {"upto": self.position(5)})

        recording = parse_recording(response.json(), geometry_of)
        self.assertEqual([update.seq for update in recording.updates], [1, 2, 3, 4, 5])
        self.assertEqual(recording.duration, recording.updates[-1].at - recording.began)
        self.assertEqual(recording.at_seq(5).calls["president"]["AZ"], Call(Status.RETRACTED))

    def test_recording_at_a_position_may_be_cached_for_good(self):
        response = self.client.get(FILE, {"upto": self.position(5)})

        cached = response.headers["Cache-Control"]
        self.assertTrue({"public", "immutable", "max-age=31536000"} <= set(cached.split(", ")))
        self.assertFalse(response.cookies)

    def test_recording_does_not_name_the_users_who_published(self):
        response = self.client.get(FILE, {"upto": self.position(5)})

        self.assertNotIn("broadcaster", response.content.decode())

    def test_recording_without_a_position_redirects_to_the_present_one(self):
        response = self.client.get(FILE)

        self.assertRedirects(response, f"{FILE}?upto={self.position(6)}")
        self.assertIn("max-age=1", response.headers["Cache-Control"])

    def test_future_position_is_not_found_until_it_is_published(self):
        ahead = {"upto": self.position(7)}
        for upto in (self.position(7), "another:1", "another:0"):
            response = self.client.get(FILE, {"upto": upto})
            self.assertEqual(response.status_code, 404)
            self.assertIn("no-store", response.headers["Cache-Control"])
        self.publish({"kind": "end"})
        self.assertEqual(self.client.get(FILE, ahead).status_code, 200)
        self.assertEqual(self.client.get(FILE, {"upto": "7"}).status_code, 400)
        self.assertEqual(self.client.get("/broadcasts/day/recording.json").status_code, 404)

    def test_recording_of_an_earlier_epoch_can_still_be_read(self):
        before = self.position(6)
        start_over(self.broadcast)
        self.publish({"kind": "start"})

        recording = parse_recording(self.client.get(FILE, {"upto": before}).json(), geometry_of)
        self.assertEqual(len(recording.updates), 6)
        self.assertEqual(len(self.client.get(FILE, follow=True).json()["updates"]), 1)


class ReplayPageTests(TestCase):
    """The demonstration: Arizona is called at 1:10 (seq 9) and retracted at 1:20 (10)."""

    def setUp(self):
        self.broadcast = store(Evening().recording(BEGAN), slug="night", title="Night")

    def page(self, **query):
        return self.client.get("/broadcasts/night/replay/", query)

    def test_replay_starts_at_the_beginning_with_every_update_in_the_log(self):
        page = self.page()
        self.assertContains(page, "Welcome to election night</h2>")
        self.assertContains(page, "538")
        for seq in range(1, 25):
            self.assertContains(page, f'<a href="?at={seq}">')
        self.assertContains(page, ">later corrected</strong>", 1)
        self.assertContains(page, f"recording.json?upto={self.broadcast.position}")
        self.assertFalse(page.cookies)
        self.assertIn("public", page.headers["Cache-Control"])

    def test_replay_starts_at_the_update_in_the_query(self):
        page = self.page(at=9)
        self.assertContains(page, "Arizona goes to Biden: 11 electoral votes</h2>")
        self.assertContains(page, '<span data-part="later-units">Arizona</span>')
        self.assertContains(page, "8:10:00 pm EST")

    def test_replay_starts_at_the_second_in_the_query(self):
        for t, headline in [
            (75 * 60, "Arizona goes to Biden: 11 electoral votes"),
            (80 * 60, "Correction: Arizona is not called"),
            (10**9, "Biden wins, 306 electoral votes to 232"),
            ("x", "Welcome to election night"),
            ("²", "Welcome to election night"),
        ]:
            self.assertContains(self.page(t=t), f"{headline}</h2>")

    def test_broadcast_without_updates_has_a_replay_page(self):
        Broadcast.objects.create(slug="day", title="Day", contests=president(2020))
        self.assertEqual(self.client.get("/broadcasts/day/replay/").status_code, 200)
        self.assertEqual(self.client.get("/broadcasts/none/replay/").status_code, 404)


class MomentTests(TestCase):
    """The page of the map after one update."""

    def setUp(self):
        self.broadcast = store(Evening().recording(BEGAN), slug="night", title="Night")

    def page(self, at):
        return self.client.get("/broadcasts/night/", {"at": at})

    def test_moment_shows_the_map_after_its_update(self):
        for at in (18, f"{self.broadcast.epoch}:18"):
            page = self.page(at)
            self.assertContains(page, "You are viewing")
            self.assertContains(page, "Nov 3, 2020, 9:10 pm EST")
            for party, votes in (("D", 273), ("R", 214), ("uncalled", 51)):
                self.assertContains(page, f'data-part="{party}">{votes}</span>')
            self.assertContains(page, 'href="/broadcasts/night/">See how it ended')
            self.assertContains(page, "replay/?t=7800")

    def test_moment_has_the_races_that_were_undecided(self):
        self.assertContains(self.page(18), 'data-part="undecided-count">5<')
        self.assertContains(self.page(18), 'data-race="GA"')
        self.assertNotContains(self.page(18), 'data-race="TX"')

    def test_moment_names_later_corrections(self):
        self.assertContains(self.page(9), '<span data-part="later-units">Arizona</span>')
        self.assertContains(self.page(10), '<span data-part="later-units"></span>')

    def test_log_of_a_moment_ends_with_its_update(self):
        called, corrected = self.page(9), self.page(10)
        self.assertContains(called, '<span data-logged="president/AZ">Arizona 11</span>')
        self.assertNotContains(called, "Called too early")
        self.assertContains(
            corrected, '<span data-logged="president/AZ" data-struck>Arizona 11</span>'
        )
        self.assertContains(corrected, "Called too early")

    def test_unknown_moment_is_not_found(self):
        for at in ("0", "25", "another:1", "x", "-1", "", "²"):
            self.assertEqual(self.page(at).status_code, 404, at)

    def test_moment_may_be_cached_for_a_day_once_the_broadcast_has_ended(self):
        self.assertIn("max-age=86400", self.page(18).headers["Cache-Control"])
        live = Broadcast.objects.create(slug="live", title="Live", contests=president(2020))
        publish(live, parse_change({"kind": "start"}))
        page = self.client.get("/broadcasts/live/?at=1")
        self.assertIn("max-age=10", page.headers["Cache-Control"])
        self.assertContains(page, "Return to live")

    def test_live_page_links_to_its_moment_and_to_the_replay(self):
        page = self.client.get("/broadcasts/night/")
        self.assertContains(page, f'href="?at={self.broadcast.position}"')
        self.assertContains(page, 'href="/broadcasts/night/replay/"')
