"""A newsroom feed: AP's words, proposals, direct tokens, and calls that are taken back."""

import json
from unittest import TestCase as PureTestCase

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.domain.electoral import ELECTIONS, UNITS
from broadcaster.domain.feed import STATUSES, parse_feed, to_change, to_correction
from broadcaster.domain.parsing import MAX_HEADLINE
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.summary import headline_for
from broadcaster.models import ApiToken, AuditEntry, Cue, Publication
from broadcaster.publishing.history import desk_log
from tests.support.changes import calls_from, parse_change
from tests.support.desk import DeskCase, calling
from tests.support.log import publish
from tests.support.staff import staff

ELECTION = ELECTIONS[2020]


def said(unit, status="Called", party="Dem"):
    call = {"unit": unit, "status": status}
    return call | ({"party": party} if status in ("Called", "Winner Not Leading") else {})


def called(units, party="D"):
    return {unit: {"status": "called", "party": party} for unit in units.split()}


class Words(PureTestCase):
    def test_every_status_of_ap_has_its_call(self):
        for status, expected in [
            ("Called", {"status": "called", "party": "D"}),
            ("Winner Not Leading", {"status": "called", "party": "D"}),
            ("Runoff", {"status": "open"}),
            ("Too Early to Call", {"status": "too_early"}),
            ("Too Close to Call", {"status": "too_close"}),
            ("Unable to Call", {"status": "too_early"}),
            ("Uncalled", {"status": "retracted"}),
        ]:
            feed = parse_feed({"calls": [said("PA", status)]})
            self.assertEqual(feed.calls, calls_from({"PA": expected}))
            self.assertEqual(feed.uncalls, status == "Uncalled")
        self.assertEqual(len(STATUSES), 7)

    def test_parties(self):
        for party, expected in [("Dem", "D"), ("GOP", "R"), ("Lib", "O"), ("Ind", "O")]:
            feed = parse_feed({"calls": [said("PA", party=party)]})
            self.assertEqual(feed.calls["PA"].party, expected)

    def test_what_is_wrong_names_the_field(self):
        for data, field in [
            ({}, "calls"),
            ({"calls": []}, "calls"),
            ({"calls": "PA"}, "calls"),
            ({"calls": [7]}, "calls.0"),
            ({"calls": [said("PA"), said("Pennsylvania")]}, "calls.1.unit"),
            ({"calls": [said("PA"), said("PA")]}, "calls.1.unit"),
            ({"calls": [said("PA", "Won")]}, "calls.0.status"),
            ({"calls": [said("PA", ["Called"])]}, "calls.0.status"),
            ({"calls": [{"unit": "PA", "status": "Called"}]}, "calls.0.party"),
            ({"calls": [said("PA", party=" ")]}, "calls.0.party"),
            ({"calls": [said("PA") | {"votes": 1}]}, "calls.0.votes"),
            ({"calls": [said("PA"), said("AZ", "Uncalled")]}, "calls"),
            ({"calls": [said("PA")], "headline": 7}, "headline"),
            ({"calls": [said("PA")], "story": {}}, "story"),
        ]:
            with self.subTest(data=data), self.assertRaises(InvalidInput) as wrong:
                parse_feed(data)
            self.assertEqual(wrong.exception.field, field)

    def test_headlines(self):
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

    def test_a_correction_has_a_reason_and_is_announced(self):
        calls = {unit: {"status": "retracted"} for unit in UNITS}
        change = to_correction(calls_from(calls), "", 7, "AP")

        self.assertEqual((change.corrects, change.reason), (7, "AP withdrew its call."))
        self.assertEqual(change.story.announce, "assertive")
        self.assertLessEqual(len(change.story.headline), MAX_HEADLINE)


class Feed(DeskCase):
    def setUp(self):
        self.robot = ApiToken.issue(staff("robot", CONTRIBUTOR))
        self.direct = ApiToken.issue(staff("direct", EDITOR), direct=True)

    def send(self, *calls, token=None, slug="night", **more):
        response = self.client.post(
            f"/api/broadcasts/{slug}/calls",
            json.dumps({"calls": calls, **more}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token or self.robot}"},
        )
        return response.status_code, response.json()

    def test_a_call_is_proposed_and_somebody_takes_it(self):
        status, answer = self.send(said("PA"), client_id="ap-1")

        self.assertEqual((status, self.seq()), (202, 1))
        shown = self.listed(answer["cue"])
        self.assertTrue(shown["proposed"])
        self.assertEqual(shown["by"], "robot")
        self.assertEqual(shown["title"], "Pennsylvania goes to Biden: 20 electoral votes")
        self.assertEqual(self.audited(), [("robot", "proposed")])
        self.assertEqual(self.send(said("PA"), client_id="ap-1"), (202, answer))
        self.assertEqual(Cue.objects.count(), 1)

        taken = self.do(self.broadcaster, "take_cue", cue=answer["cue"], version=1)

        self.assertEqual(self.send(said("PA"), client_id="ap-1"), taken)
        self.assertRefused(self.send(said("PA")), 409, "Nothing would change")
        self.assertRefused(self.send(said("TX"), client_id="ap-1"), 409, "used for other calls")

    def test_what_is_known_is_left_out(self):
        publish(self.night, parse_change(calling("PA")))

        _, answer = self.send(said("PA"), said("VT"), said("WY", "Runoff"), headline="Vermont!")

        change = self.listed(answer["cue"])["change"]
        self.assertEqual(set(change["calls"]), {"VT"})
        self.assertEqual(change["story"]["headline"], "Vermont!")

    def test_a_direct_token_publishes_and_only_what_its_user_may(self):
        status, answer = self.send(said("PA"), token=self.direct, client_id="d-1")
        self.assertEqual((status, answer["seq"]), (201, 2))
        self.assertEqual(self.send(said("PA"), token=self.direct, client_id="d-1"), (201, answer))
        newest = desk_log(self.night.__class__.objects.get())[-1]
        self.assertEqual((newest["by"], newest["via"]), ("direct", "api"))

        timid = ApiToken.issue(staff("timid", CONTRIBUTOR), direct=True)
        self.assertEqual(self.send(said("VT"), token=timid)[0], 202)
        taker = ApiToken.issue(staff("taker", BROADCASTER), direct=True)
        self.assertEqual(self.send(said("PA", "Uncalled"), token=taker)[0], 202)
        self.assertEqual(self.seq(), 2)

    def test_an_uncall_is_a_correction_of_the_update_that_made_the_call(self):
        publish(self.night, parse_change(calling("AZ VT")))
        publish(self.night, parse_change({"view": {"focus": "AZ"}}))
        self.night.refresh_from_db()
        self.night.source = "AP"
        self.night.save()

        status, answer = self.send(said("AZ", "Uncalled"), token=self.direct, client_id="u")

        self.assertEqual((status, answer["seq"]), (201, 4))
        row = Publication.objects.get(seq=4)
        self.assertEqual(row.change.corrects, 2)
        self.assertEqual(row.change.reason, "AP withdrew its call.")
        self.assertEqual(row.change.story.headline, "Correction: Arizona is not called")
        self.assertEqual(row.totals["D"], 3)
        self.assertEqual(
            self.send(said("AZ", "Uncalled"), token=self.direct, client_id="u"), (201, answer)
        )
        self.assertRefused(
            self.send(said("AZ", "Uncalled"), token=self.direct), 409, "nothing to take back"
        )
        publish(self.night, parse_change(calling("PA")))
        several = self.send(said("VT", "Uncalled"), said("PA", "Uncalled"), token=self.direct)
        self.assertEqual((several[0], several[1]["field"]), (400, "calls"))

    def test_an_uncall_takes_proposals_out_of_the_rundown(self):
        both = self.send(said("AZ"), said("VT"))[1]["cue"]
        staffs = self.cue(calling("AZ"))

        answer = self.send(said("AZ", "Uncalled"))

        self.assertEqual(answer, (200, {"withdrawn": [both]}))
        self.assertEqual(self.audited()[-2:], [("robot", "removed"), ("robot", "proposed")])
        late = self.do(self.broadcaster, "take_cue", cue=both, version=1)
        self.assertRefused(late, 404, "no longer")
        kept = Cue.objects.filter(removed_at=None).order_by("pk")
        self.assertEqual(kept[0].pk, staffs)
        self.assertEqual(set(kept.last().change.calls), {"VT"})
        self.assertTrue(kept.last().proposed)

    def test_crossing_270_waits_for_a_person(self):
        publish(self.night, parse_change(calling("CA NY TX FL PA IL OH GA NC MI AZ")))

        status, answer = self.send(said("MN"), token=self.direct, client_id="mn")

        self.assertEqual((status, self.seq()), (202, 2))
        self.assertIn("second person", answer["waiting"])
        self.assertEqual(self.send(said("MN"), token=self.direct, client_id="mn"), (202, answer))
        self.assertEqual(self.do(self.editor, "confirm", cue=answer["cue"])[0], 201)
        self.assertEqual(self.send(said("MN"), token=self.direct, client_id="mn")[0], 201)

    def test_who_may_not_or_is_off_air_is_refused_and_audited(self):
        nobody = ApiToken.issue(staff("nobody"))
        self.assertRefused(self.send(said("PA"), token=nobody), 403, "may not prepare")
        self.do(self.editor, "take", change={"kind": "end"})
        self.assertRefused(self.send(said("PA"), token=self.direct), 409, "off air")
        self.assertEqual(self.send(said("PA"), token="wrong")[0], 401)
        self.assertEqual(self.send(said("PA"), slug="nope")[0], 404)
        self.assertEqual(self.send()[0], 400)

        refused = AuditEntry.objects.filter(action="refused").order_by("pk")
        self.assertEqual(
            [(entry.who, entry.via) for entry in refused],
            [("nobody", "api"), ("direct", "api"), ("robot", "api"), ("robot", "api")],
        )
        self.assertEqual(
            [entry.detail for entry in refused[2:]],
            ["there is no broadcast nope", "calls of a feed: calls: is empty"],
        )
        self.assertEqual(Cue.objects.count(), 0)
