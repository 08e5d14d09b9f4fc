"""Newsroom feeds: results in AP's words become changes, with headlines of their own."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change_parsing import MAX_HEADLINE
from broadcaster.domain.feed import STATUSES, parse_feed, to_change, to_correction
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.summary import headline_for
from tests.support.changes import CONTESTS, RACES, calls_from
from tests.support.contests import show

VECTORS = Path(__file__).parents[2] / "vectors"
HEADLINES = json.loads((VECTORS / "headlines.json").read_text())["headlines"]
SEVERAL = show(president="us-president-2020", lakeland="lakeland-2027").contests


def result(race, status="Called", winner="Dem", **more):
    call = {"race": race, "status": status} | more
    return call | ({"winner": winner} if status in ("Called", "Winner Not Leading") else {})


def of_president(calls):
    return calls_from({"president": calls})


class FeedParsing(TestCase):
    def test_every_ap_status_becomes_a_call(self):
        for status, expected in [
            ("Called", {"status": "called", "party": "D"}),
            ("Winner Not Leading", {"status": "called", "party": "D"}),
            ("Runoff", {"status": "open"}),
            ("Too Early to Call", {"status": "too_early"}),
            ("Too Close to Call", {"status": "too_close"}),
            ("Unable to Call", {"status": "too_early"}),
            ("Uncalled", {"status": "retracted"}),
        ]:
            feed = parse_feed({"calls": [result("PA", status)]}, CONTESTS)
            self.assertEqual(feed.calls, of_president({"PA": expected}))
            self.assertEqual(feed.uncalls, status == "Uncalled")
        self.assertEqual(len(STATUSES), 7)

    def test_statuses_and_races_are_read_in_any_case(self):
        for status in ("called", "CALLED", "winner not leading"):
            call = {"contest": "president", "race": "me-al", "status": status, "winner": "dem"}
            expected = of_president({"ME-AL": {"status": "called", "party": "D"}})
            self.assertEqual(parse_feed({"calls": [call]}, CONTESTS).calls, expected)

    def test_ap_parties_become_d_r_and_o(self):
        for expected, words in [
            ("D", "Dem D d dem DEM Democrat democratic"),
            ("R", "GOP gop Rep R r Republican"),
            ("O", "Lib Grn Ind Oth lib independent O"),
        ]:
            for party in words.split():
                feed = parse_feed({"calls": [result("PA", winner=party)]}, CONTESTS)
                self.assertEqual(feed.calls["president"]["PA"].party, expected, party)

    def test_winner_may_be_a_candidate_of_the_race_or_the_contest(self):
        for race, winner, expected in [
            (("president", "PA"), "Joe Biden", "D"),
            (("president", "PA"), "biden", "D"),
            (("lakeland", "E"), "O’Hara", "LIB"),
            (("lakeland", "E"), "farmers", "FAR"),
            (("lakeland", "N"), "Fa", "FAR"),
        ]:
            key, id = race
            feed = parse_feed({"calls": [result(id, winner=winner, contest=key)]}, SEVERAL)
            self.assertEqual(feed.races[race].party, expected, winner)

    def test_candidate_of_another_race_is_rejected(self):
        with self.assertRaises(InvalidInput) as wrong:
            parse_feed({"calls": [result("N", winner="O’Hara", contest="lakeland")]}, SEVERAL)
        self.assertEqual(wrong.exception.field, "calls.0.winner")

    def test_contest_is_needed_where_there_are_several(self):
        with self.assertRaises(InvalidInput) as wrong:
            parse_feed({"calls": [result("PA")]}, SEVERAL)
        self.assertEqual(wrong.exception.field, "calls.0.contest")
        self.assertIn("lakeland, president", wrong.exception.problem)

    def test_unknown_parties_are_rejected(self):
        for party in ("N", "Demo", "Whig", "Bidens", "Ｄ", "null"):
            with self.subTest(winner=party), self.assertRaises(InvalidInput) as wrong:
                parse_feed({"calls": [result("PA", winner=party)]}, CONTESTS)
            self.assertEqual(wrong.exception.field, "calls.0.winner")
            self.assertIn("D, Dem, Democrat", wrong.exception.problem)

    def test_wrong_feed_names_the_field(self):
        for data, field in [
            ({}, "calls"),
            ({"calls": []}, "calls"),
            ({"calls": "PA"}, "calls"),
            ({"calls": [7]}, "calls.0"),
            ({"calls": [result("PA"), result("Pennsylvania")]}, "calls.1.race"),
            ({"calls": [result("PA"), result("PA")]}, "calls.1.race"),
            ({"calls": [result("PA", "Won")]}, "calls.0.status"),
            ({"calls": [result("PA", ["Called"])]}, "calls.0.status"),
            ({"calls": [{"race": "PA", "status": "Called"}]}, "calls.0.winner"),
            ({"calls": [result("PA", winner=" ")]}, "calls.0.winner"),
            ({"calls": [result("PA") | {"votes": 1}]}, "calls.0.votes"),
            ({"calls": [result("PA"), result("AZ", "Uncalled")]}, "calls"),
            ({"calls": [result("PA")], "headline": 7}, "headline"),
            ({"calls": [result("PA")], "story": {}}, "story"),
        ]:
            with self.subTest(data=data), self.assertRaises(InvalidInput) as wrong:
                parse_feed(data, CONTESTS)
            self.assertEqual(wrong.exception.field, field)

    def test_headline_is_written_from_the_calls(self):
        for case in HEADLINES:
            contests, calls = show(**case["contests"]).contests, calls_from(case["calls"])
            self.assertEqual(headline_for(calls, contests), case["words"])
            self.assertEqual(to_change(calls, "", contests).headline, case["words"])

    def test_correction_has_a_reason_and_is_announced(self):
        calls = {race: {"status": "retracted"} for race in RACES}
        change = to_correction(of_president(calls), "", 7, "AP", CONTESTS)

        self.assertEqual((change.corrects, change.reason), (7, "AP withdrew its call."))
        self.assertEqual(change.story.announce, "assertive")
        self.assertLessEqual(len(change.story.headline), MAX_HEADLINE)
