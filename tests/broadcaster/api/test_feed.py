"""The API for newsroom feeds: proposals, direct tokens and withdrawn calls."""

import json
from unittest import mock

from django.core.exceptions import ValidationError

from broadcaster.desk import rundown
from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.models import ApiToken, AuditEntry, Cue, Publication
from broadcaster.publishing.history import desk_log
from tests.broadcaster.domain.test_feed import result
from tests.support.changes import parse_change
from tests.support.desk import DeskCase, calling
from tests.support.log import publish
from tests.support.staff import staff


class FeedCase(DeskCase):
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


class FeedApi(FeedCase):
    def test_call_is_proposed_as_a_cue_once(self):
        status, answer = self.send(result("PA"), client_id="ap-1")

        self.assertEqual((status, self.seq()), (202, 1))
        shown = self.listed(answer["cue"])
        self.assertTrue(shown["proposed"])
        self.assertEqual(shown["by"], "robot")
        self.assertEqual(shown["title"], "Pennsylvania goes to Biden: 20 electoral votes")
        self.assertEqual(self.audited(), [("robot", "proposed")])
        self.assertEqual(self.send(result("PA"), client_id="ap-1"), (202, answer))
        self.assertEqual(Cue.objects.count(), 1)

        taken = self.do(self.broadcaster, "take_cue", cue=answer["cue"], version=1)

        self.assertEqual(self.send(result("PA"), client_id="ap-1"), taken)
        self.assert_rejected(self.send(result("PA")), 409, "Nothing would change")
        self.assert_rejected(self.send(result("TX"), client_id="ap-1"), 409, "used for other calls")

    def test_equal_proposals_are_one(self):
        answers = [self.send(result("PA"), client_id=f"ap-{number}") for number in range(3)]
        answers.append(self.send(result("PA")))

        self.assertEqual(answers, [answers[0]] * 4)
        self.assertEqual(Cue.objects.count(), 1)
        self.do(self.contributor, "remove", cue=answers[0][1]["cue"])
        self.assertNotEqual(self.send(result("PA"), client_id="ap-9")[1], answers[0][1])

    def test_equal_takes_of_a_feed_that_wait_for_approval_are_one(self):
        publish(self.night, parse_change(calling("CA NY TX FL PA IL OH GA NC MI AZ")))

        answers = [
            self.send(result("MN"), token=self.direct, client_id=f"mn-{number}")
            for number in range(3)
        ]

        self.assertEqual(answers, [answers[0]] * 3)
        withdrawn = self.send(result("MN", "Uncalled"))
        self.assertEqual(withdrawn, (200, {"withdrawn": [answers[0][1]["cue"]]}))

    def test_proposals_have_a_limit_and_leave_room_for_the_desk(self):
        with mock.patch.object(rundown, "MAX_PROPOSALS", 2):
            self.assertEqual(self.send(result("PA"))[0], 202)
            self.assertEqual(self.send(result("AZ"))[0], 202)
            self.assert_rejected(self.send(result("VT")), 409, "2 proposals wait")
            self.assertEqual(self.send(result("AZ"))[0], 202)
            self.cue(calling("VT"))

    def test_answer_belongs_to_the_message(self):
        first = self.send(result("PA"), result("VT"), client_id="ap-1")

        self.assertEqual(self.send(result("VT"), result("PA", winner="d"), client_id="ap-1"), first)
        for other in (
            [result("PA")],
            [result("PA"), result("VT"), result("AZ")],
            [result("PA"), result("VT", winner="GOP")],
        ):
            self.assert_rejected(self.send(*other, client_id="ap-1"), 409, "used for other calls")
        headline = self.send(result("PA"), result("VT"), client_id="ap-1", headline="New")
        self.assert_rejected(headline, 409, "used for other calls")

        self.do(self.contributor, "remove", cue=first[1]["cue"])
        self.assertEqual(self.send(result("PA"), result("VT"), client_id="ap-1"), first)
        self.assertNotIn("is in the rundown", first[1]["waiting"])
        self.assertEqual(Cue.objects.filter(removed_at=None).count(), 0)

    def test_uncall_that_withdrew_proposals_is_answered_the_same_again(self):
        self.send(result("AZ"))
        first = self.send(result("AZ", "Uncalled"), client_id="u-1")

        self.assertEqual(first[0], 200)
        self.assertEqual(self.send(result("AZ", "Uncalled"), client_id="u-1"), first)
        self.assert_rejected(
            self.send(result("VT", "Uncalled"), client_id="u-1"), 409, "used for other calls"
        )

    def test_rejected_message_may_come_again(self):
        publish(self.night, parse_change({"kind": "hold"}))
        self.assertEqual(self.send(result("PA"), token=self.direct, client_id="d-1")[0], 409)
        publish(self.night, parse_change({"kind": "resume"}))
        self.assertEqual(self.send(result("PA"), token=self.direct, client_id="d-1")[0], 201)

    def test_proposal_leaves_out_calls_that_stand(self):
        publish(self.night, parse_change(calling("PA")))

        _, answer = self.send(
            result("PA"), result("VT"), result("WY", "Runoff"), headline="Vermont!"
        )

        change = self.listed(answer["cue"])["change"]
        self.assertEqual(set(change["calls"]["president"]), {"VT"})
        self.assertEqual(change["story"]["headline"], "Vermont!")

    def test_direct_token_publishes_only_with_the_permission_of_its_user(self):
        status, answer = self.send(result("PA"), token=self.direct, client_id="d-1")
        self.assertEqual((status, answer["seq"]), (201, 2))
        self.assertEqual(self.send(result("PA"), token=self.direct, client_id="d-1"), (201, answer))
        newest = desk_log(self.night.__class__.objects.get())[-1]
        self.assertEqual((newest["by"], newest["via"]), ("direct", "api"))

        preparer = ApiToken.issue(staff("timid", CONTRIBUTOR), direct=True)
        self.assertEqual(self.send(result("VT"), token=preparer)[0], 202)
        taker = ApiToken.issue(staff("taker", BROADCASTER), direct=True)
        self.assertEqual(self.send(result("PA", "Uncalled"), token=taker)[0], 202)
        self.assertEqual(self.seq(), 2)

    def test_uncall_corrects_the_update_that_made_the_call(self):
        feed = ApiToken.objects.get(direct=True).user
        publish(self.night, parse_change(calling("AZ VT")), by=feed)
        publish(self.night, parse_change({"view": {"focus": "AZ"}}))
        self.night.refresh_from_db()
        self.night.source = "AP"
        self.night.save()

        status, answer = self.send(result("AZ", "Uncalled"), token=self.direct, client_id="u")

        self.assertEqual((status, answer["seq"]), (201, 4))
        row = Publication.objects.get(seq=4)
        self.assertEqual(row.change.corrects, 2)
        self.assertEqual(row.change.reason, "AP withdrew its call.")
        self.assertEqual(row.change.story.headline, "Correction: Arizona is not called")
        self.assertEqual(row.totals["president"]["D"], 3)
        self.assertEqual(
            self.send(result("AZ", "Uncalled"), token=self.direct, client_id="u"), (201, answer)
        )
        self.assert_rejected(
            self.send(result("AZ", "Uncalled"), token=self.direct), 409, "nothing to take back"
        )
        publish(self.night, parse_change(calling("PA")))
        several = self.send(result("VT", "Uncalled"), result("PA", "Uncalled"), token=self.direct)
        self.assertEqual((several[0], several[1]["field"]), (400, "calls"))

    def test_uncall_removes_proposals_from_the_rundown(self):
        both = self.send(result("AZ"), result("VT"))[1]["cue"]
        staff_cue = self.cue(calling("AZ"))

        answer = self.send(result("AZ", "Uncalled"))

        self.assertEqual(answer, (200, {"withdrawn": [both]}))
        self.assertEqual(self.audited()[-2:], [("robot", "removed"), ("robot", "proposed")])
        late = self.do(self.broadcaster, "take_cue", cue=both, version=1)
        self.assert_rejected(late, 404, "no longer")
        remaining = Cue.objects.filter(removed_at=None).order_by("pk")
        self.assertEqual(remaining[0].pk, staff_cue)
        self.assertEqual(set(remaining.last().change.calls["president"]), {"VT"})
        self.assertTrue(remaining.last().proposed)

    def test_direct_call_that_crosses_270_waits_for_approval(self):
        publish(self.night, parse_change(calling("CA NY TX FL PA IL OH GA NC MI AZ")))

        status, answer = self.send(result("MN"), token=self.direct, client_id="mn")

        self.assertEqual((status, self.seq()), (202, 2))
        self.assertIn("Another person must confirm", answer["waiting"])
        self.assertEqual(self.send(result("MN"), token=self.direct, client_id="mn"), (202, answer))
        self.assertEqual(self.do(self.editor, "confirm", cue=answer["cue"], version=1)[0], 201)
        self.assertEqual(self.send(result("MN"), token=self.direct, client_id="mn")[0], 201)

    def test_rejected_feed_requests_are_audited(self):
        nobody = ApiToken.issue(staff("nobody"))
        self.assert_rejected(self.send(result("PA"), token=nobody), 403, "may not prepare")
        self.do(self.editor, "take", change={"kind": "end"})
        self.assert_rejected(self.send(result("PA"), token=self.direct), 409, "off air")
        self.assertEqual(self.send(result("PA"), token="wrong")[0], 401)
        self.assertEqual(self.send(result("PA"), slug="nope")[0], 404)
        self.assertEqual(self.send()[0], 400)

        entries = AuditEntry.objects.filter(action="refused").order_by("pk")
        self.assertEqual(
            [(entry.who, entry.via) for entry in entries],
            [("nobody", "api"), ("direct", "api"), ("robot", "api"), ("robot", "api")],
        )
        self.assertEqual(
            [entry.detail for entry in entries[2:]],
            ["there is no broadcast nope", "calls of a feed: calls: is empty"],
        )
        self.assertEqual(Cue.objects.count(), 0)


class FeedModes(FeedCase):
    """What becomes of a feed's calls by contest and race."""

    def set(self, *lines):
        self.night.feed = "\n".join(lines)
        self.night.full_clean(exclude=["state"])
        self.night.save()

    def test_race_with_the_mode_propose_does_not_go_on_air(self):
        self.set("president/PA: propose")
        self.assertEqual(self.send(result("AZ"), token=self.direct)[0], 201)
        self.assertEqual(self.send(result("PA"), result("VT"), token=self.direct)[0], 202)

    def test_feed_that_is_off_for_a_contest_may_be_on_for_a_race(self):
        self.set("president: off", "president/PA: direct")
        self.assert_rejected(self.send(result("AZ"), token=self.direct), 409, "is off for AZ")
        status, answer = self.send(result("AZ"), result("PA"), token=self.direct)
        self.assertEqual((status, answer["seq"]), (201, 2))
        self.night.refresh_from_db()
        self.assertEqual([*self.night.state.calls["president"]], ["PA"])

    def test_token_that_is_not_direct_proposes_in_every_mode(self):
        self.set("president: direct")
        self.assertEqual(self.send(result("PA"))[0], 202)

    def test_call_of_the_desk_is_not_taken_back_on_air(self):
        self.do(self.editor, "take", change=calling("PA"))
        self.send(result("AZ"), token=self.direct)

        self.assertEqual(self.send(result("AZ", "Uncalled"), token=self.direct)[0], 201)
        status, answer = self.send(result("PA", "Uncalled"), token=self.direct)

        self.assertEqual(status, 202)
        self.assertEqual(self.listed(answer["cue"])["change"]["kind"], "correct")
        self.night.refresh_from_db()
        self.assertEqual(self.night.state.calls["president"]["PA"].party, "D")

    def test_wrong_line_is_named(self):
        for line, words in [
            ("senate: off", "Line 2 is not one of president"),
            ("president/ZZ: off", "Line 2 is not a race of the contest"),
            ("president: perhaps", "Line 2 is not one of direct, off, propose"),
            ("president", "Line 2 is not of the form"),
        ]:
            with self.subTest(line), self.assertRaisesMessage(ValidationError, words):
                self.set("president: direct", line)
