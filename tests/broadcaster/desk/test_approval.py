"""Approval (two-person rule): takes that wait for it, confirming and declining them."""

from broadcaster.desk import state
from broadcaster.models import AuditEntry, Publication
from tests.support.changes import parse_change
from tests.support.desk import VIEW, DeskCase, calling
from tests.support.log import publish


class Approval(DeskCase):
    NEARLY = "CA NY TX FL PA IL OH GA NC MI AZ"

    def setUp(self):
        publish(self.night, parse_change(calling(self.NEARLY)))
        self.night.refresh_from_db()
        self.assertEqual(self.night.state.totals["president"]["D"], 267)

    def test_take_that_crosses_270_waits_for_approval(self):
        status, answer = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")

        self.assertEqual(status, 202)
        self.assertIn("Another person must confirm", answer["waiting"])
        self.assertEqual(self.seq(), 2)
        cue = answer["cue"]
        shown = self.listed(cue)
        self.assertEqual((shown["asked"]["by"], shown["needs_approval"]), ("broadcaster", True))
        again = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")
        self.assertEqual(again, (202, answer))
        self.assert_rejected(
            self.do(self.broadcaster, "confirm", cue=cue, version=1), 403, "may not confirm"
        )

        confirmed = self.do(self.editor, "confirm", cue=cue, version=1, client_id="yes")

        self.assertEqual((confirmed[0], confirmed[1]["seq"]), (201, 3))
        row = Publication.objects.get(seq=3)
        self.assertEqual((row.by, row.confirmed_by), (self.broadcaster, self.editor))
        self.assertEqual(
            self.audited(),
            [("broadcaster", "asked"), ("broadcaster", "refused"), ("editor", "confirmed")],
        )
        detail = AuditEntry.objects.first().detail
        self.assertEqual(detail, "update 3, MN called, which broadcaster took")
        self.assertEqual(
            self.do(self.editor, "confirm", cue=cue, version=1, client_id="yes"), confirmed
        )
        late = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")
        self.assertEqual(late, confirmed)

    def test_retried_take_still_waits_while_the_broadcast_is_on_hold(self):
        first = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")
        publish(self.night, parse_change({"kind": "hold"}))

        again = self.do(self.broadcaster, "take", change=calling("MN"), client_id="mn")

        self.assertEqual((first[0], again), (202, first))

    def test_user_cannot_confirm_a_take_of_their_own(self):
        cue = self.cue(calling("MN"))
        self.assertEqual(self.do(self.editor, "take_cue", cue=cue, version=1)[0], 202)

        self.assert_rejected(
            self.do(self.editor, "confirm", cue=cue, version=1), 403, "somebody else"
        )
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=1)[0], 202)
        self.assert_rejected(
            self.do(self.editor, "confirm", cue=cue, version=1), 403, "somebody else"
        )
        edit = {"cue": cue, "version": 1, "title": "x", "change": calling("WI")}
        self.assert_rejected(self.do(self.contributor, "edit", **edit), 409, "waits")
        self.assert_rejected(self.do(self.contributor, "remove", cue=cue), 409, "waits")
        self.assertEqual(self.seq(), 2)

    def test_declined_take_can_be_asked_for_again(self):
        cue = self.cue(calling("MN"))
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)

        self.assert_rejected(self.do(self.contributor, "decline", cue=cue), 403, "may not")
        self.assertEqual(self.do(self.editor, "decline", cue=cue), (200, {}))
        self.assertIsNone(self.listed(cue)["asked"])
        self.assertEqual(self.listed(cue)["declined"], "editor")
        self.assert_rejected(
            self.do(self.editor, "confirm", cue=cue, version=1), 409, "No take of this cue"
        )
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        self.assertIsNone(self.listed(cue)["declined"])
        self.assertEqual(self.do(self.broadcaster, "decline", cue=cue), (200, {}))
        self.assertIsNone(self.listed(cue)["declined"], "it was withdrawn")

    def test_take_that_was_edited_since_the_look_cannot_be_confirmed(self):
        cue = self.cue(calling("MN"))
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        self.do(self.broadcaster, "decline", cue=cue)
        edit = {"cue": cue, "version": 1, "title": "Wisconsin", "change": calling("WI")}
        self.assertEqual(self.do(self.contributor, "edit", **edit)[0], 200)
        self.assertEqual(self.do(self.broadcaster, "take_cue", cue=cue, version=2)[0], 202)

        looked_at_minnesota = self.do(self.editor, "confirm", cue=cue, version=1)

        self.assert_rejected(looked_at_minnesota, 409, "The cue was edited meanwhile")
        self.assertEqual(self.seq(), 2)
        self.assertEqual(self.do(self.editor, "confirm", cue=cue, version=2)[0], 201)

    def test_waiting_take_without_effect_cannot_be_confirmed(self):
        cue = self.cue(calling("MN"))
        self.do(self.broadcaster, "take_cue", cue=cue, version=1)
        publish(self.night, parse_change(calling("MN")))

        self.assert_rejected(
            self.do(self.editor, "confirm", cue=cue, version=1), 409, "called D already"
        )
        self.assertEqual(self.do(self.editor, "decline", cue=cue)[0], 200)

    def test_takes_that_do_not_cross_270_upwards_need_no_approval(self):
        publish(self.night, parse_change(calling("MN")))
        retract = {
            "kind": "correct",
            "corrects": 3,
            "reason": "Wrong",
            "calls": {"president": {"MN": {"status": "retracted"}}},
            "story": {"headline": "MN is not called"},
        }

        self.assertEqual(self.do(self.broadcaster, "take", change=calling("OR"))[0], 201)
        self.assertEqual(self.do(self.editor, "take", change=retract)[0], 201)

    def test_broadcast_sets_which_takes_need_approval(self):
        self.night.approval = "calls"
        self.night.save()
        self.assertEqual(self.do(self.broadcaster, "take", change=calling("VT"))[0], 202)
        self.assertEqual(self.do(self.broadcaster, "take", change=VIEW)[0], 201)
        self.night.approval = "never"
        self.night.save()
        self.assertEqual(self.do(self.broadcaster, "take", change=calling("MN"))[0], 201)

    def test_rejected_change_does_not_wait_for_approval(self):
        self.do(self.editor, "take", change={"kind": "hold"})

        self.assert_rejected(
            self.do(self.broadcaster, "take", change=calling("MN")), 409, "on hold"
        )
        self.assertEqual(state.rundown(self.night)["cues"], [])
