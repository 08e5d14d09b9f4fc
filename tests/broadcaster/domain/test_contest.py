"""Contests: totals, thresholds and names, of a small country and of those that ship."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain import contest, geometry
from broadcaster.domain.change import Call, Status, calls_of
from broadcaster.domain.contest_parsing import parse_contest
from tests.support.contests import lakeland, lakeland_geometry, parliament, parsed
from tools.build_contests import documents, margin

DATA = Path(contest.__file__).parents[1] / "data"
MAPS = geometry.shipped_ids()
NATION = {
    "2000": {"D": 50_999_897, "R": 50_456_002, "total": 105_405_100},
    "2004": {"D": 59_028_444, "R": 62_040_610, "total": 122_295_345},
    "2008": {"D": 69_498_516, "R": 59_948_323, "total": 131_313_820},
    "2012": {"D": 65_915_795, "R": 60_933_504, "total": 129_085_410},
    "2016": {"D": 65_853_514, "R": 62_984_828, "total": 136_669_276},
    "2020": {"D": 81_283_501, "R": 74_223_975, "total": 158_429_631},
    "2024": {"D": 75_017_613, "R": 77_302_580, "total": 155_238_302},
}
"""The votes in the whole country, as the Federal Election Commission published them."""


class Totals(TestCase):
    def setUp(self):
        self.contest, _ = parsed(lakeland(), lakeland_geometry())

    def test_seats_held_count_from_the_start(self):
        self.assertEqual(self.contest.size, 26)
        self.assertEqual(self.contest.totals({}), {"GRN": 2, "FAR": 3, "LIB": 1, "uncalled": 20})

    def test_decided_races_add_their_weights(self):
        calls = {
            "N": Call(Status.CALLED, "GRN"),
            "ABROAD": Call(Status.CERTIFIED, "LIB"),
            "E": Call(Status.TOO_CLOSE),
            "S": Call(Status.RETRACTED),
        }
        self.assertEqual(self.contest.totals(calls), {"GRN": 6, "FAR": 3, "LIB": 2, "uncalled": 15})

    def test_totals_add_up_to_the_size_whatever_is_called(self):
        won = dict.fromkeys(self.contest.race_of, "FAR")
        totals = self.contest.totals(calls_of(won))
        self.assertEqual(totals, {"GRN": 2, "FAR": 23, "LIB": 1, "uncalled": 0})
        self.assertEqual(sum(totals.values()), self.contest.size)

    def test_contest_without_a_threshold_has_no_winner(self):
        won = dict.fromkeys(self.contest.race_of, "FAR")
        self.assertEqual(self.contest.winner(self.contest.totals(calls_of(won))), "")

    def test_party_wins_with_the_threshold_and_not_with_one_less(self):
        senate = contest.shipped("us-senate-2024")
        republican = [race.id for race in senate.races][:13]
        self.assertEqual(senate.held["R"], 38)
        totals = senate.totals(calls_of(dict.fromkeys(republican[:12], "R")))
        self.assertEqual((totals["R"], senate.winner(totals)), (50, ""))
        totals = senate.totals(calls_of(dict.fromkeys(republican, "R")))
        self.assertEqual((totals["R"], senate.winner(totals)), (51, "R"))

    def test_tie_at_half_has_no_winner(self):
        grand, _ = parsed(*parliament(10))
        half = {f"S{n}": "P1" if n <= 5 else "P2" for n in range(1, 11)}
        totals = grand.totals(calls_of(half))
        self.assertEqual((totals["P1"], totals["P2"], totals["P3"]), (5, 5, 0))
        self.assertEqual(grand.winner(totals), "")


class Names(TestCase):
    def test_votes_are_for_the_candidate_of_the_race_or_the_contest_or_the_party(self):
        small, _ = parsed(lakeland(), lakeland_geometry())
        self.assertEqual(small.name_of("LIB", "E"), "O’Hara")
        self.assertEqual(small.name_of("LIB", "N"), "Liberals & <Friends>")
        self.assertEqual(contest.shipped("us-president-2020").name_of("D", "PA"), "Biden")
        self.assertEqual(contest.shipped("us-senate-2024").name_of("R", "OH"), "Moreno")
        self.assertEqual(contest.shipped("us-senate-2024").name_of("R"), "Rep.")


class ShippedContests(TestCase):
    """Every sum is derived again from the facts, whose sources are named there."""

    def test_documents_that_ship_are_those_of_the_facts(self):
        made = {document["id"]: document for document in documents()}
        self.assertEqual(sorted(made), contest.shipped_ids())
        for id, document in made.items():
            with self.subTest(id):
                path = DATA / "contests" / f"{id}.json"
                self.assertEqual(json.loads(path.read_text()), document)
                parse_contest(document, {id: geometry.shipped(id) for id in MAPS}.get)

    def test_presidents_have_56_races_and_538_votes_of_which_270_win(self):
        years = [*range(2000, 2029, 4)]
        for year in years:
            with self.subTest(year):
                found = contest.shipped(f"us-president-{year}")
                self.assertEqual((len(found.races), found.size, found.to_win), (56, 538, 270))
        self.assertEqual(contest.shipped("us-president-2028").candidates, {})

    def test_winners_of_every_presidential_election_add_up_to_its_totals(self):
        facts = json.loads((DATA / "election_facts.json").read_text())["elections"]
        for year, fact in facts.items():
            with self.subTest(year):
                found = contest.shipped(f"us-president-{year}")
                totals = found.totals(calls_of(fact["winners"]))
                self.assertEqual(totals, {**fact["pledged"], "O": 0, "uncalled": 0})
                self.assertEqual(found.winner(totals), max("DR", key=fact["pledged"].get))

    def test_elections_before_have_their_own_weights(self):
        facts = json.loads((DATA / "election_facts.json").read_text())["elections"]
        found = contest.shipped("us-president-2028")
        self.assertEqual([then.title for then in found.earlier], sorted(facts, reverse=True))
        for then in found.earlier:
            weights = found.weights | then.weights
            won = {"D": 0, "R": 0}
            for race, party in then.winners.items():
                won[party] += weights[race]
            self.assertEqual(won, facts[then.title]["pledged"], then.title)

    def test_votes_add_up_to_those_of_the_country(self):
        elections = json.loads((DATA / "vote_facts.json").read_text())["elections"]
        self.assertEqual(elections.keys(), NATION.keys())
        for year, units in elections.items():
            with self.subTest(year):
                self.assertEqual(len(units), 51)
                for name, votes in NATION[year].items():
                    self.assertEqual(sum(count[name] for count in units.values()), votes, name)

    def test_earlier_elections_have_the_margins_of_whole_states(self):
        for year in range(2004, 2029, 4):
            for then in contest.shipped(f"us-president-{year}").earlier:
                with self.subTest(f"{year}: {then.title}"):
                    districts = {"ME-1", "ME-2", "NE-1", "NE-2", "NE-3"}
                    self.assertEqual(then.winners.keys() - then.margins.keys(), districts)
        latest = contest.shipped("us-president-2024").earlier[0]
        close = {id: margin for id, margin in latest.margins.items() if margin < 3}
        known = {"GA": 0.2, "AZ": 0.3, "WI": 0.6, "PA": 1.2, "NC": 1.3, "NV": 2.4, "MI": 2.8}
        self.assertEqual(close, known)
        self.assertEqual(latest.margins["ME-AL"], 9.1)

    def test_margin_of_one_who_has_fewer_votes_is_rejected(self):
        count = {"D": 49, "R": 48, "total": 100}
        self.assertEqual(margin("2020 GA", "D", count), 1.0)
        for winner in ("R", "O"):
            with self.assertRaisesRegex(ValueError, f"2020 GA: .* D won it.* {winner} did"):
                margin("2020 GA", winner, count)

    def test_senate_and_governors_add_up_to_their_results(self):
        facts = json.loads((DATA / "contest_facts.json").read_text())
        for chamber in ("senate", "governors"):
            for year, election in facts[chamber]["elections"].items():
                with self.subTest(f"{chamber} {year}"):
                    found = contest.shipped(f"us-{chamber}-{year}")
                    self.assertEqual(found.size, facts[chamber]["size"])
                    self.assertEqual(found.to_win, facts[chamber]["to_win"])
                    self.assertEqual(found.held, election["held"])
                    if "result" in election:
                        won = {id: fact["winner"] for id, fact in election["races"].items()}
                        totals = found.totals(calls_of(won))
                        self.assertEqual(totals, {**election["result"], "O": 0, "uncalled": 0})

    def test_polls_close_when_the_facts_say(self):
        found = contest.shipped("us-president-2024").race_of
        self.assertEqual(found["OH"].closes.isoformat(), "2024-11-05T19:30:00-05:00")
        self.assertEqual(found["HI"].closes.isoformat(), "2024-11-06T00:00:00-05:00")
        self.assertEqual(found["AK"].closes.isoformat(), "2024-11-06T01:00:00-05:00")
        self.assertEqual(found["NE-2"].closes, found["NE-AL"].closes)
        for id in ("us-president-2024", "us-senate-2024", "us-governors-2024"):
            self.assertTrue(all(race.closes for race in contest.shipped(id).races), id)


class DocumentsRoundTrip(TestCase):
    def test_exported_contest_is_parsed_as_the_same_contest(self):
        small, hexes = parsed(lakeland(), lakeland_geometry())
        again = parse_contest(json.loads(json.dumps(small.to_dict())), {hexes.id: hexes}.get)
        self.assertEqual(again, small)
        self.assertEqual(again.to_dict(), small.to_dict())
        self.assertEqual(small.to_dict()["size"], 26)
