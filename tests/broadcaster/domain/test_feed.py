"""Newsroom feeds: results in AP's words become changes, with headlines of their own."""

from unittest import TestCase

from broadcaster.domain.electoral import ELECTIONS, UNITS
from broadcaster.domain.feed import STATUSES, parse_feed, to_change, to_correction
from broadcaster.domain.parsing import MAX_HEADLINE
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.summary import headline_for
from tests.support.changes import calls_from

ELECTION = ELECTIONS[2020]


def result(unit, status="Called", party="Dem"):
    call = {"unit": unit, "status": status}
    return call | ({"party": party} if status in ("Called", "Winner Not Leading") else {})


def called(units, party="D"):
    return {unit: {"status": "called", "party": party} for unit in units.split()}


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
            feed = parse_feed({"calls": [result("PA", status)]})
            self.assertEqual(feed.calls, calls_from({"PA": expected}))
            self.assertEqual(feed.uncalls, status == "Uncalled")
        self.assertEqual(len(STATUSES), 7)

    def test_statuses_and_units_are_read_in_any_case(self):
        for status in ("called", "CALLED", "winner not leading"):
            call = {"unit": "me-al", "status": status, "party": "dem"}
            self.assertEqual(parse_feed({"calls": [call]}).calls, calls_from(called("ME-AL")))

    def test_ap_parties_become_d_r_and_o(self):
        for expected, words in [
            ("D", "Dem D d dem DEM Democrat democratic"),
            ("R", "GOP gop Rep R r Republican"),
            ("O", "Lib Grn Ind Oth lib independent O"),
        ]:
            for party in words.split():
                feed = parse_feed({"calls": [result("PA", party=party)]})
                self.assertEqual(feed.calls["PA"].party, expected, party)

    def test_unknown_parties_are_rejected(self):
        for party in ("N", "Demo", "Whig", "Dem.", "Biden", "Ｄ", "null"):
            with self.subTest(party=party), self.assertRaises(InvalidInput) as wrong:
                parse_feed({"calls": [result("PA", party=party)]})
            self.assertEqual(wrong.exception.field, "calls.0.party")
            self.assertIn("Dem, D, Democrat", wrong.exception.problem)

    def test_wrong_feed_names_the_field(self):
        for data, field in [
            ({}, "calls"),
            ({"calls": []}, "calls"),
            ({"calls": "PA"}, "calls"),
            ({"calls": [7]}, "calls.0"),
            ({"calls": [result("PA"), result("Pennsylvania")]}, "calls.1.unit"),
            ({"calls": [result("PA"), result("PA")]}, "calls.1.unit"),
            ({"calls": [result("PA", "Won")]}, "calls.0.status"),
            ({"calls": [result("PA", ["Called"])]}, "calls.0.status"),
            ({"calls": [{"unit": "PA", "status": "Called"}]}, "calls.0.party"),
            ({"calls": [result("PA", party=" ")]}, "calls.0.party"),
            ({"calls": [result("PA") | {"votes": 1}]}, "calls.0.votes"),
            ({"calls": [result("PA"), result("AZ", "Uncalled")]}, "calls"),
            ({"calls": [result("PA")], "headline": 7}, "headline"),
            ({"calls": [result("PA")], "story": {}}, "story"),
        ]:
            with self.subTest(data=data), self.assertRaises(InvalidInput) as wrong:
                parse_feed(data)
            self.assertEqual(wrong.exception.field, field)

    def test_headline_is_written_from_the_calls(self):
        close = {"WI": {"status": "too_close"}}
        for calls, expected in [
            (called("PA"), "Pennsylvania goes to Biden: 20 electoral votes"),
            (called("NE-2"), "Nebraska 2nd district goes to Biden: 1 electoral vote"),
            (called("UT", "O"), "Utah goes to another candidate: 6 electoral votes"),
            (close, "Wisconsin: too close to call"),
            (
                called("PA VT MA") | called("TX", "R") | close,
                "Biden wins Pennsylvania, Vermont and Massachusetts; Trump wins Texas; "
                "too close to call: Wisconsin",
            ),
            ({"MI": {"status": "too_early"}} | {"WI": {"status": "too_early"}},
             "Too early to call: Michigan and Wisconsin"),
            (called(" ".join(UNITS)), "56 states and districts: news"),
        ]:  # fmt: skip
            self.assertEqual(headline_for(calls_from(calls), ELECTION), expected)
            change = to_change(calls_from(calls), "", ELECTION)
            self.assertEqual(change.headline, expected)

    def test_correction_has_a_reason_and_is_announced(self):
        calls = {unit: {"status": "retracted"} for unit in UNITS}
        change = to_correction(calls_from(calls), "", 7, "AP")

        self.assertEqual((change.corrects, change.reason), (7, "AP withdrew its call."))
        self.assertEqual(change.story.announce, "assertive")
        self.assertLessEqual(len(change.story.headline), MAX_HEADLINE)
