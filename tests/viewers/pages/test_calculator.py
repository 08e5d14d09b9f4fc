"""The calculator: scenario codes, and the page for each query."""

import contextlib
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.test import SimpleTestCase, TestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from broadcaster.models import Broadcast
from broadcaster.models.contests import keep_all
from tests.support.changes import PA_TO_BIDEN, RACES, parse_change
from tests.support.contests import PRESIDENT_2020, edition, president, show
from tests.support.log import publish
from viewers.pages.scenario import decode, encode

CONTEST = PRESIDENT_2020.contests["president"]
VECTORS = json.loads(Path("tests/vectors/scenario.json").read_text())
WINNERS = json.loads(Path("broadcaster/data/election_facts.json").read_text())["elections"]["2020"][
    "winners"
]
OHIO = {"calls": {"president": {"OH": {"status": "too_close"}}}}


class ScenarioCodeTests(SimpleTestCase):
    def test_codes_are_those_of_the_vectors(self):
        for case in VECTORS["codes"]:
            contest = edition(case["contest"]).contest
            self.assertEqual(encode(case["parties"], contest), case["code"], case["name"])
            self.assertEqual(decode(case["code"], contest), case["parties"], case["name"])

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text("DRO ", min_size=len(RACES), max_size=len(RACES)))
    def test_every_map_has_one_code_of_19_characters(self, letters):
        parties = {unit: party for unit, party in zip(RACES, letters, strict=True) if party != " "}
        code = encode(parties, CONTEST)
        self.assertRegex(code, r"^[\w-]{19}$")
        self.assertEqual(decode(code, CONTEST), parties)

    def test_text_that_is_not_a_code_is_rejected(self):
        for text in VECTORS["garbage"]:
            with self.assertRaises(ValueError, msg=repr(text)):
                decode(text, CONTEST)

    def test_parties_that_do_not_fill_their_bits_make_no_code(self):
        seven = replace(CONTEST, parties=CONTEST.parties + edition("lakeland-2027").contest.parties)
        code = encode({"WY": "LIB"}, seven)
        self.assertEqual(decode(code, seven), {"WY": "LIB"})
        with self.assertRaises(ValueError):
            decode(code[:-1] + "H", seven)  # the last race has the seventh of six parties

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=20))
    def test_every_text_is_a_code_or_raises_value_error(self, text):
        with contextlib.suppress(ValueError):
            self.assertEqual(encode(decode(text, CONTEST), CONTEST), text)


class CalculatorPageTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
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
        self.assertContains(response, 'name="race.PA" aria-labelledby="row-PA" disabled')
        self.assertContains(response, 'name="race.OH" aria-labelledby="row-OH">')

    def test_no_unit_is_disabled_once_all_are_called(self):
        winners = WINNERS.items()
        calls = {unit: {"status": "called", "party": party} for unit, party in winners}
        publish(self.broadcast, parse_change({"calls": calls, "story": {"headline": "All"}}))
        response = self.page()
        self.assertEqual(self.tally(response), (306, 232, 0, 0))
        self.assertNotContains(response, "disabled")

    def test_shared_map_differs_from_the_broadcast_unless_its_calls_are_kept(self):
        code = encode({"PA": "R", "TX": "O"}, CONTEST)
        self.assertEqual(self.tally(self.page(f"?s={code}")), (0, 20, 38, 480))
        self.assertEqual(self.tally(self.page(f"?s={code}&keep=on")), (20, 0, 38, 480))

    def test_earlier_election_is_shown_with_the_votes_of_this_one(self):
        self.assertEqual(self.tally(self.page("?from=2016")), (232, 306, 0, 0))
        self.assertEqual(self.tally(self.page("?from=2016&keep=on")), (252, 286, 0, 0))
        self.assertEqual(self.tally(self.page("?from=nothing")), (0, 0, 0, 538))
        self.assertNotContains(self.page(), "?from=2020")  # the broadcast's own election
        for unknown in ("2020", "2024", "5", "1789", "x", "٢٠١٦"):
            self.assertEqual(self.tally(self.page(f"?from={unknown}")), (20, 0, 0, 518), unknown)

    def test_incomplete_link_shows_an_error_and_the_calls_of_the_broadcast(self):
        for code in ("", "AAAA", "A" * 18 + "B"):
            response = self.page(f"?s={code}")
            self.assertContains(response, "This link is not whole")
            self.assertEqual(self.tally(response), (20, 0, 0, 518))

    def test_form_redirects_to_the_link(self):
        response = self.page("?race.TX=D&race.OH=&race.FL=R&race.CA=Z&keep=on")
        self.assertEqual(response.status_code, 302)
        query = parse_qs(urlsplit(response.url).query)
        self.assertEqual(decode(query["s"][0], CONTEST), {"TX": "D", "FL": "R"})
        response = self.client.get(response.url)
        self.assertEqual(self.tally(response), (58, 29, 0, 451))

    def test_link_to_share_has_the_map_that_is_shown(self):
        shared = self.page("?s=" + encode({"TX": "D"}, CONTEST) + "&keep=on").context["address"]
        self.assertTrue(
            shared.startswith("http://testserver/broadcasts/night/calculator/?contest=president&s=")
        )
        self.assertEqual(self.tally(self.client.get(shared)), (58, 0, 0, 480))


class SeveralContests(TestCase):
    def setUp(self):
        lineup = keep_all(show(president="us-president-2020", lakeland="lakeland-2027").editions)
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", contests=lineup)

    def tally(self, query):
        response = self.client.get(f"/broadcasts/night/calculator/{query}")
        totals = response.context["picture"].tally.totals
        return {party: number for party, number in totals.items() if number}

    def test_each_contest_has_its_own_map_and_codes(self):
        self.assertEqual(self.tally(""), {"uncalled": 538})
        held = {"GRN": 2, "FAR": 3, "LIB": 1}
        self.assertEqual(self.tally("?contest=lakeland"), {**held, "uncalled": 20})
        code = encode({"N": "LIB", "ABROAD": "GRN"}, self.broadcast.show.contests["lakeland"])
        self.assertEqual(
            self.tally(f"?contest=lakeland&s={code}"),
            {"GRN": 3, "FAR": 3, "LIB": 5, "uncalled": 15},
        )
        self.assertEqual(self.tally(f"?contest=president&s={code}"), {"uncalled": 538})

    def test_tab_of_the_contest_has_the_score_of_the_viewers_own_map(self):
        code = encode({"N": "LIB"}, self.broadcast.show.contests["lakeland"])
        found = self.client.get(f"/broadcasts/night/calculator/?contest=lakeland&s={code}")
        scores = {tab.key: tab.tally.totals["uncalled"] for tab in found.context["contests"]}
        self.assertEqual(scores, {"president": 538, "lakeland": 16})

    def test_earlier_outcome_may_know_some_races_only(self):
        found = self.tally("?contest=lakeland&from=2023")
        self.assertEqual(found, {"GRN": 3, "FAR": 7, "LIB": 2, "uncalled": 14})

    def test_unknown_contest_is_the_one_in_view(self):
        self.assertEqual(self.tally("?contest=senate"), {"uncalled": 538})
