"""The results as JSON and the calls as a feed, for programs and news readers."""

from xml.etree import ElementTree

from broadcaster.models import Broadcast
from tests.support.contests import president
from tests.viewers.pages.test_replay import RecordingCase

ATOM = "{http://www.w3.org/2005/Atom}"


class ResultsTests(RecordingCase):
    def results(self):
        response = self.client.get("/broadcasts/night/results.json")
        self.assertEqual(response.status_code, 200)
        return response

    def test_results_have_every_race_and_its_history(self):
        data = self.results().json()

        self.assertEqual((data["schema"], data["seq"]), ("mapcenter.results/1", 6))
        [contest] = data["contests"]
        self.assertEqual((contest["key"], contest["to_win"]), ("president", 270))
        won = {party["id"]: party["won"] for party in contest["parties"]}
        self.assertEqual((won["D"], won["R"], contest["uncalled"]), (11, 29, 498))
        races = {race["id"]: race for race in contest["races"]}
        self.assertEqual(len(races), 56)
        self.assertEqual(races["OH"]["status"], "open")
        self.assertEqual(races["OH"]["history"], [])
        arizona = races["AZ"]
        self.assertEqual((arizona["status"], arizona["winner"]), ("called", "Biden"))
        self.assertEqual(
            [(each["seq"], each["status"], each["reason"]) for each in arizona["history"]],
            [(3, "called", None), (5, "retracted", "Too early"), (6, "called", None)],
        )

    def test_results_may_be_cached_and_read_by_any_page(self):
        headers = self.results().headers
        self.assertEqual(headers["Cache-Control"], "public, max-age=2")
        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")

    def test_results_have_the_counts(self):
        count = {"votes": {"D": 10, "R": 9}, "expected": 0.25}
        self.publish({"counts": {"president": {"OH": count}}})
        races = {race["id"]: race for race in self.results().json()["contests"][0]["races"]}
        self.assertEqual(races["OH"]["votes"], {"D": 10, "R": 9})
        self.assertEqual((races["OH"]["expected"], races["OH"]["status"]), (0.25, "open"))

    def test_results_of_a_broadcast_that_has_not_begun_are_open(self):
        Broadcast.objects.create(slug="tomorrow", title="Tomorrow", contests=president(2020))
        data = self.client.get("/broadcasts/tomorrow/results.json").json()
        self.assertEqual((data["seq"], data["updated"]), (0, None))
        self.assertEqual(data["contests"][0]["uncalled"], 538)


class CallsFeedTests(RecordingCase):
    def entries(self, path="/broadcasts/night/calls.atom"):
        response = self.client.get(path)
        self.assertEqual(response.headers["Content-Type"], "application/atom+xml; charset=utf-8")
        return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")

    def test_feed_has_calls_and_corrections_newest_first(self):
        entries = self.entries()
        self.assertEqual(
            [entry.findtext(f"{ATOM}title") for entry in entries],
            [
                "Arizona goes to Biden after all",
                "Correction: Arizona is not called",
                "Arizona goes to Biden",
                "Florida goes to Trump",
            ],
        )
        self.assertEqual(
            entries[1].findtext(f"{ATOM}summary"), "Too early<br>Arizona: Call withdrawn"
        )
        self.assertEqual(entries[0].findtext(f"{ATOM}summary"), "Arizona: Biden")

    def test_entries_link_to_their_moment(self):
        entry = self.entries()[0]
        address = f"http://testserver/broadcasts/night/?at={self.position(6)}"
        self.assertEqual(entry.findtext(f"{ATOM}id"), address)
        self.assertEqual(entry.find(f"{ATOM}link").get("href"), address)
        self.assertEqual(self.client.get(address).status_code, 200)

    def test_feed_is_in_the_language_of_its_address(self):
        entry = self.entries("/es/broadcasts/night/calls.atom")[1]
        self.assertIn(
            "Llamada retirada" if False else "Arizona: ", entry.findtext(f"{ATOM}summary")
        )
        self.assertNotIn("Call withdrawn", entry.findtext(f"{ATOM}summary"))

    def test_names_are_text_and_not_markup(self):
        self.publish(
            {
                "kind": "correct",
                "corrects": 6,
                "reason": "<b>5 < 6</b>",
                "calls": {"president": {"AZ": {"status": "retracted"}}},
                "story": {"headline": "<i>Arizona</i>"},
            }
        )
        entry = self.entries()[0]
        self.assertEqual(entry.findtext(f"{ATOM}title"), "<i>Arizona</i>")  # of the type text
        self.assertIn("&lt;b&gt;5 &lt; 6&lt;/b&gt;<br>", entry.findtext(f"{ATOM}summary"))

    def test_rehearsals_say_so(self):
        Broadcast.objects.update(rehearsal=True)
        self.assertTrue(self.client.get("/broadcasts/night/results.json").json()["rehearsal"])
        for entry in self.entries():
            self.assertIn("REHEARSAL – these are not results: ", entry.findtext(f"{ATOM}title"))

    def test_page_names_the_feed(self):
        self.assertContains(
            self.client.get("/broadcasts/night/"), 'href="/broadcasts/night/calls.atom"'
        )
