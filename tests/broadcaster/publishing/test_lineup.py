"""The contests of broadcasts: as they are edited before the first update, and frozen after it."""

from django.test import TestCase
from msgspec.structs import replace

from broadcaster.desk import contests
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.models import Broadcast, ContestDocument, ContestEdition, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.lineup import change_lineup, choose
from broadcaster.publishing.publish import start_over
from tests.support.changes import parse_change
from tests.support.log import publish

BY = Actor(None, Via.COMMAND)
GOVERNORS = "us-governors-2026"


class Lineups(TestCase):
    def setUp(self):
        lineup = choose({"president": "us-president-2020", "governors": GOVERNORS})
        self.night = Broadcast.objects.create(slug="night", title="Night", contests=lineup)

    def change(self, **fields):
        """Change the stored contest of governors, as an editor does."""
        stored = ContestDocument.objects.get(slug=GOVERNORS)
        return contests.change(GOVERNORS, None, replace(stored.document, **fields), BY)

    def governors(self):
        self.night.refresh_from_db()
        return self.night.show.contests["governors"]

    def test_first_contest_is_in_view_and_all_have_totals(self):
        self.assertEqual(self.night.state.view.contest, "president")
        self.assertEqual([*self.night.state.totals], ["president", "governors"])
        self.assertEqual(self.night.state.totals["governors"]["uncalled"], 36)

    def test_unknown_contest_and_wrong_key_name_the_field(self):
        for ids, field in [
            ({"governors": "us-governors-1790"}, "contests.governors"),
            ({"Governors": GOVERNORS}, "contests.Governors"),
            ({"g": None}, "contests.g"),
            ({}, "contests"),
            ({f"k{number}": GOVERNORS for number in range(9)}, "contests"),
        ]:
            with self.subTest(ids), self.assertRaises(InvalidInput) as wrong:
                choose(ids)
            self.assertEqual(wrong.exception.field, field)

    def test_preset_that_was_removed_can_still_be_chosen(self):
        ContestDocument.objects.filter(slug=GOVERNORS).delete()
        self.assertEqual(choose({"governors": GOVERNORS}), [self.night.contests[1]])

    def test_before_the_first_update_every_change_reaches_the_broadcast(self):
        races = self.governors().races[:10]
        self.change(races=races, title="Ten governors")

        self.assertEqual(self.governors().title, "Ten governors")
        self.assertEqual(self.night.state.totals["governors"]["uncalled"], 10)

    def test_on_air_only_names_looks_and_times_reach_the_broadcast(self):
        publish(self.night, parse_change({"kind": "start"}, self.night.show))
        before = self.governors()
        democrats, *others = before.parties

        renamed = replace(democrats, name="The Democrats", look="purple")
        self.change(parties=(renamed, *others), title="Governors")

        self.assertEqual(self.governors().parties[0].look, "purple")
        self.assertEqual(self.governors().title, "Governors")
        with self.assertRaisesMessage(Rejected, "Night is on air with it"):
            self.change(races=before.races[:10])
        self.assertEqual(len(self.governors().races), 36)
        stored = ContestDocument.objects.get(slug=GOVERNORS).document
        self.assertEqual(len(stored.races), 36)

    def test_broadcast_that_is_over_keeps_its_edition(self):
        for kind in ("start", "end"):
            publish(self.night, parse_change({"kind": kind}, self.night.show))

        self.change(races=self.governors().races[:10])

        self.assertEqual(len(self.governors().races), 36)
        self.assertEqual(len(ContestDocument.objects.get(slug=GOVERNORS).document.races), 10)

    def test_removed_contest_stays_in_the_broadcast(self):
        publish(self.night, parse_change({"kind": "start"}, self.night.show))
        ContestDocument.objects.filter(slug=GOVERNORS).delete()
        calls = {"governors": {"OH": {"status": "called", "party": "R"}}}
        change = {"calls": calls, "story": {"headline": "Ohio"}}
        publish(self.night, parse_change(change, self.night.show))
        self.night.refresh_from_db()
        self.assertEqual(self.night.state.totals["governors"]["R"], 9)

    def test_contests_can_be_changed_until_something_was_published(self):
        other = choose({"senate": "us-senate-2026"})
        change_lineup(self.night, other)
        self.night.refresh_from_db()
        self.assertEqual([*self.night.state.totals], ["senate"])

        publish(self.night, parse_change({"kind": "start"}, self.night.show))
        start_over(self.night)
        with self.assertRaisesMessage(Rejected, "published already"):
            change_lineup(self.night, choose({"governors": GOVERNORS}))

    def test_same_content_is_one_edition(self):
        count = ContestEdition.objects.count()
        choose({"other": GOVERNORS})
        self.assertEqual(ContestEdition.objects.count(), count)
