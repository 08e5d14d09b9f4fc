"""The calculator: scenario codes, and the page for each query."""

import contextlib
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.test import SimpleTestCase, TestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcaster.domain.electoral import ELECTIONS, UNITS
from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from tests.support.changes import PA_TO_BIDEN
from tests.support.log import publish
from viewers.pages.scenario import decode, encode

VECTORS = json.loads(Path("tests/vectors/scenario.json").read_text())
OHIO = {"calls": {"OH": {"status": "too_close"}}}


class ScenarioCodeTests(SimpleTestCase):
    def test_codes_are_those_of_the_vectors(self):
        for case in VECTORS["codes"]:
            self.assertEqual(encode(case["parties"]), case["code"], case["name"])
            self.assertEqual(decode(case["code"]), case["parties"], case["name"])

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text("DRO ", min_size=len(UNITS), max_size=len(UNITS)))
    def test_every_map_has_one_code_of_19_characters(self, letters):
        parties = {unit: party for unit, party in zip(UNITS, letters, strict=True) if party != " "}
        code = encode(parties)
        self.assertRegex(code, r"^[\w-]{19}$")
        self.assertEqual(decode(code), parties)

    def test_text_that_is_not_a_code_is_rejected(self):
        for text in VECTORS["garbage"]:
            with self.assertRaises(ValueError, msg=repr(text)):
                decode(text)

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=20))
    def test_every_text_is_a_code_or_raises_value_error(self, text):
        with contextlib.suppress(ValueError):
            self.assertEqual(encode(decode(text)), text)


class CalculatorPageTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        for change in ({"kind": "start"}, PA_TO_BIDEN, OHIO):
            publish(self.broadcast, parse_change(change))

    def page(self, query=""):
        return self.client.get(f"/broadcasts/night/calculator/{query}")

    def tally(self, response):
        totals = response.context["picture"].tally.totals
        return tuple(totals[party] for party in ("D", "R", "O", "uncalled"))

    def test_page_starts_from_the_calls_of_the_broadcast_which_are_disabled(self):
        response = self.page()
        self.assertEqual(self.tally(response), (20, 0, 0, 518))
        self.assertContains(response, 'name="PA" aria-labelledby="row-PA" disabled')
        self.assertContains(response, 'name="OH" aria-labelledby="row-OH">')

    def test_no_unit_is_disabled_once_all_are_called(self):
        winners = ELECTIONS[2020].winners.items()
        calls = {unit: {"status": "called", "party": party} for unit, party in winners}
        publish(self.broadcast, parse_change({"calls": calls, "story": {"headline": "All"}}))
        response = self.page()
        self.assertEqual(self.tally(response), (306, 232, 0, 0))
        self.assertNotContains(response, "disabled")

    def test_shared_map_differs_from_the_broadcast_unless_its_calls_are_kept(self):
        code = encode({"PA": "R", "TX": "O"})
        self.assertEqual(self.tally(self.page(f"?s={code}")), (0, 20, 38, 480))
        self.assertEqual(self.tally(self.page(f"?s={code}&keep=on")), (20, 0, 38, 480))

    def test_earlier_election_is_shown_with_the_votes_of_this_one(self):
        self.assertEqual(self.tally(self.page("?from=2016")), (232, 306, 0, 0))
        self.assertEqual(self.tally(self.page("?from=2016&keep=on")), (252, 286, 0, 0))
        self.assertEqual(self.tally(self.page("?from=nothing")), (0, 0, 0, 538))
        self.assertNotContains(self.page(), "?from=2020")  # the broadcast's own election
        for unknown in ("2020", "2024", "1789", "x", "٢٠١٦"):
            self.assertEqual(self.tally(self.page(f"?from={unknown}")), (20, 0, 0, 518), unknown)

    def test_incomplete_link_shows_an_error_and_the_calls_of_the_broadcast(self):
        for code in ("", "AAAA", "A" * 18 + "B"):
            response = self.page(f"?s={code}")
            self.assertContains(response, "This link is not whole")
            self.assertEqual(self.tally(response), (20, 0, 0, 518))

    def test_form_redirects_to_the_link(self):
        response = self.page("?TX=D&OH=&FL=R&CA=Z&keep=on")
        self.assertEqual(response.status_code, 302)
        query = parse_qs(urlsplit(response.url).query)
        self.assertEqual(decode(query["s"][0]), {"TX": "D", "FL": "R"})
        response = self.client.get(response.url)
        self.assertEqual(self.tally(response), (58, 29, 0, 451))

    def test_link_to_share_has_the_map_that_is_shown(self):
        shared = self.page("?s=" + encode({"TX": "D"}) + "&keep=on").context["address"]
        self.assertTrue(shared.startswith("http://testserver/broadcasts/night/calculator/?s="))
        self.assertEqual(self.tally(self.client.get(shared)), (58, 0, 0, 480))
