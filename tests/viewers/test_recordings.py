"""What has been, as viewers get it: the file, moments, the replay page before any script runs."""

from django.contrib.auth import get_user_model
from django.test import TestCase

from broadcaster.change import parse_change
from broadcaster.models import Broadcast
from broadcaster.publishing import publish, start_over
from broadcaster.recording import parse_recording

FILE = "/broadcasts/night/recording.json"


def call(unit, party, headline):
    return {"calls": {unit: {"status": "called", "party": party}}, "story": {"headline": headline}}


class Night(TestCase):
    """Arizona is called (3), withdrawn (5), and called again (6)."""

    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
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
                "calls": {"AZ": {"status": "retracted"}},
                "story": {"headline": "Correction: Arizona is not called"},
            },
            call("AZ", "D", "Arizona goes to Biden after all"),
        ):
            self.put(change)

    def put(self, change):
        publish(self.broadcast, parse_change(change), by=self.user)
        self.broadcast.refresh_from_db()

    def position(self, seq):
        return f"{self.broadcast.epoch}:{seq}"


class RecordingFile(Night):
    def test_it_holds_every_update_up_to_a_position_and_may_be_kept_for_good(self):
        response = self.client.get(FILE, {"upto": self.position(5)})

        recording = parse_recording(response.json())
        self.assertEqual([update.seq for update in recording.updates], [1, 2, 3, 4, 5])
        self.assertEqual(recording.duration, recording.updates[-1].at - recording.began)
        self.assertEqual(recording.at_seq(5).calls["AZ"], {"status": "retracted"})
        cached = response.headers["Cache-Control"]
        self.assertTrue({"public", "immutable", "max-age=31536000"} <= set(cached.split(", ")))
        self.assertNotIn("broadcaster", response.content.decode())
        self.assertFalse(response.cookies)

    def test_without_a_position_it_leads_to_now(self):
        response = self.client.get(FILE)

        self.assertRedirects(response, f"{FILE}?upto={self.position(6)}")
        self.assertIn("max-age=1", response.headers["Cache-Control"])

    def test_it_is_compressed(self):
        address = f"{FILE}?upto={self.position(6)}"
        response = self.client.get(address, headers={"accept-encoding": "gzip"})
        self.assertEqual(response.headers["Content-Encoding"], "gzip")

    def test_a_position_that_is_not_on_the_log_becomes_one(self):
        ahead = {"upto": self.position(7)}
        for upto in (self.position(7), "another:1", "another:0"):
            response = self.client.get(FILE, {"upto": upto})
            self.assertEqual(response.status_code, 404)
            self.assertIn("no-store", response.headers["Cache-Control"])
        self.put({"kind": "end"})
        self.assertEqual(self.client.get(FILE, ahead).status_code, 200)
        self.assertEqual(self.client.get(FILE, {"upto": "7"}).status_code, 400)
        self.assertEqual(self.client.get("/broadcasts/day/recording.json").status_code, 404)

    def test_a_history_that_was_started_over_can_still_be_read(self):
        before = self.position(6)
        start_over(self.broadcast)
        self.put({"kind": "start"})

        recording = parse_recording(self.client.get(FILE, {"upto": before}).json())
        self.assertEqual(len(recording.updates), 6)
        self.assertEqual(len(self.client.get(FILE, follow=True).json()["updates"]), 1)
