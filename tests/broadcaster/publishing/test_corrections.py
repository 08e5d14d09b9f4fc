"""Corrections, for any evening: what stands is what was called last and not taken back."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from broadcaster.desk.commands import execute
from broadcaster.desk.permissions import EDITOR
from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.mapstate import MapState
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.actor import Actor
from broadcaster.rendering.picture import Picture
from tests.support.staff import staff

VOTES = ELECTIONS[2020].votes
results = st.dictionaries(
    st.sampled_from(["PA", "NE-2"]),  # few, so that they meet
    st.sampled_from(["D", "R", None]),
    min_size=1,
)
steps = st.one_of(
    st.tuples(st.just("update"), results, st.none()),
    st.tuples(st.just("correct"), results, st.integers(0, 2)),  # which mention of it, backwards
)


def change_of(kind, result, corrects):
    """The change as JSON. None is nobody: too early to call, or a retraction."""
    undecided = {"status": "retracted" if kind == "correct" else "too_early"}
    calls = {
        unit: {"status": "called", "party": party} if party else undecided
        for unit, party in result.items()
    }
    why = {} if corrects is None else {"corrects": corrects, "reason": "Wrong"}
    return {"kind": kind, "calls": calls, "story": {"headline": "News"}, **why}


class Evenings(TestCase):
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=4, max_size=12))
    def test_any_sequence_of_takes_and_corrections(self, evening):
        editor = Actor(staff("editor", EDITOR), "socket")
        night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        execute(night, {"command": "take", "change": {"kind": "start"}}, editor)
        said = [{}, {}]  # by seq: what each update said of which unit
        refused = 0
        for kind, result, back in evening:
            mentions = [seq for seq, update in enumerate(said) if update.keys() & result.keys()]
            corrects = None if back is None else [0, 0, 0, *mentions][-1 - back]
            now = {unit: party for update in said for unit, party in update.items()}
            command = {"command": "take", "change": change_of(kind, result, corrects)}

            status, _ = execute(night, command, editor)

            night.refresh_from_db()
            if status == 201:
                said.append(result)
                self.assertTrue(self.allowed(said[:-1], now, kind, result, corrects))
            else:
                self.assertEqual(status, 409)
                refused += 1
                standing = night.state.to_dict()["calls"]
                silent = kind == "update" and standing == self.after(night, result)
                self.assertTrue(
                    silent or not self.allowed(said, now, kind, result, corrects), "refused"
                )
            self.assert_all_agree(night, said)
        self.assertEqual(AuditEntry.objects.filter(action="refused").count(), refused)

    def allowed(self, said, now, kind, result, corrects):
        """The rules, told anew: an update leaves standing calls alone; a correction changes
        calls that the update it names made, and that nothing since has touched otherwise."""
        if kind == "update":
            return all(now.get(unit) in (None, party) for unit, party in result.items())
        return all(
            now.get(unit) not in (None, party)
            and corrects < len(said)
            and said[corrects].get(unit) == now[unit]
            and all(update.get(unit, now[unit]) == now[unit] for update in said[corrects:])
            for unit, party in result.items()
        )

    def after(self, night, result):
        calls = change_of("update", result, None)["calls"]
        return {**night.state.to_dict()["calls"], **calls}

    def assert_all_agree(self, night, said):
        """The map, its totals, the log's fold and the picture are what was said last."""
        last = {unit: party for update in said for unit, party in update.items()}
        won = {unit: party for unit, party in last.items() if party}
        totals = {"D": 0, "R": 0}
        for unit, party in won.items():
            totals[party] += VOTES[unit]
        fold = MapState(election=2020)
        for update in history.desk_log(night):
            fold = fold.apply(history.Update.from_dict(update))
            self.assertEqual(fold.totals, update["totals"])
        self.assertEqual(night.seq, len(said) - 1)
        self.assertEqual(fold, night.state)
        self.assertEqual(night.state.totals, {**totals, "uncalled": 538 - sum(totals.values())})
        coloured = {row.unit: row.party for row in Picture(fold).rows if row.party}
        self.assertEqual(coloured, won)
