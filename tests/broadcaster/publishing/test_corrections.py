"""Corrections in random evenings: the calls that stand are the last ones not withdrawn."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from broadcaster.desk.commands import execute
from broadcaster.desk.permissions import EDITOR
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.actor import Actor
from broadcaster.rendering.picture import Picture
from tests.support.changes import CONTESTS, EMPTY
from tests.support.contests import president
from tests.support.staff import staff

VOTES = CONTESTS["president"].weights
results = st.dictionaries(
    st.sampled_from(["PA", "NE-2"]),  # few units, so that updates meet
    st.sampled_from(["D", "R", None]),
    min_size=1,
)
steps = st.one_of(
    st.tuples(st.just("update"), results, st.none()),
    st.tuples(st.just("correct"), results, st.integers(0, 2)),  # how many updates back
)


def change_of(kind, result, corrects):
    """Return the change as JSON. None is "too early", in a correction a retraction."""
    undecided = {"status": "retracted" if kind == "correct" else "too_early"}
    calls = {
        unit: {"status": "called", "party": party} if party else undecided
        for unit, party in result.items()
    }
    why = {} if corrects is None else {"corrects": corrects, "reason": "Wrong"}
    return {"kind": kind, "calls": {"president": calls}, "story": {"headline": "News"}, **why}


class RandomEvenings(TestCase):
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=4, max_size=12))
    def test_any_sequence_of_takes_and_corrections_follows_the_rules(self, evening):
        editor = Actor(staff("editor", EDITOR), "socket")
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        execute(night, {"command": "take", "change": {"kind": "start"}}, editor)
        published = [{}, {}]  # by seq: the results of each update, by unit
        rejected = 0
        for kind, result, back in evening:
            mentions = [
                seq for seq, update in enumerate(published) if update.keys() & result.keys()
            ]
            corrects = None if back is None else [0, 0, 0, *mentions][-1 - back]
            now = {unit: party for update in published for unit, party in update.items()}
            command = {"command": "take", "change": change_of(kind, result, corrects)}
            calls, standing = command["change"]["calls"]["president"], self.standing(night)
            stands = {unit for unit in result if calls[unit] == standing.get(unit)}

            status, _ = execute(night, command, editor)

            night.refresh_from_db()
            if status == 201:
                published.append(
                    {
                        unit: party
                        for unit, party in result.items()
                        if kind == "correct" or unit not in stands  # an update has what is new
                    }
                )
                self.assertTrue(self.allowed(published[:-1], now, kind, result, corrects))
            else:
                self.assertEqual(status, 409)
                rejected += 1
                without_effect = kind == "update" and stands == result.keys()
                self.assertTrue(
                    without_effect or not self.allowed(published, now, kind, result, corrects),
                    "refused",
                )
            self.assert_all_agree(night, published)
        self.assertEqual(AuditEntry.objects.filter(action="refused").count(), rejected)

    def allowed(self, published, now, kind, result, corrects):
        """State the rules again: an update does not change a call that stands. A correction
        changes calls that the update it names made and that no later update changed."""
        if kind == "update":
            return all(now.get(unit) in (None, party) for unit, party in result.items())
        return all(
            now.get(unit) not in (None, party)
            and corrects < len(published)
            and published[corrects].get(unit) == now[unit]
            and all(update.get(unit, now[unit]) == now[unit] for update in published[corrects:])
            for unit, party in result.items()
        )

    def standing(self, night):
        return night.state.to_dict()["calls"].get("president", {})

    def assert_all_agree(self, night, published):
        """Assert that map, totals, fold of the log and picture show the latest results."""
        last = {unit: party for update in published for unit, party in update.items()}
        won = {unit: party for unit, party in last.items() if party}
        totals = {"D": 0, "R": 0, "O": 0}
        for unit, party in won.items():
            totals[party] += VOTES[unit]
        fold = EMPTY
        for update in history.desk_log(night):
            fold = fold.apply(history.Update.from_dict(update), CONTESTS)
            self.assertEqual(fold.totals, update["totals"])
        self.assertEqual(night.seq, len(published) - 1)
        self.assertEqual(fold, night.state)
        uncalled = 538 - sum(totals.values())
        expected = {"president": {**totals, "uncalled": uncalled}}
        self.assertEqual(night.state.totals, expected)
        picture = Picture.of(night.show, "president", fold)
        coloured = {row.unit: row.party for row in picture.rows if row.party}
        self.assertEqual(coloured, won)
