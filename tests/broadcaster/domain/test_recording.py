"""Recordings: the map at any time, trimmed parts, and errors in files.

tests/js/recording.test.mjs runs the same vectors.
"""

import contextlib
import copy
import json
from pathlib import Path
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain.geometry import shipped
from broadcaster.domain.recording import Recording
from broadcaster.domain.recording_file import MAX_UPDATES, parse_recording, to_dict
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.stream import Update
from tests.support.changes import calls_from, fold, logs
from tests.support.contests import PRESIDENT_2020, show

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors", "recording.json").read_text())
BEGAN = 1_604_448_000_000


def through_json(recording):
    return parse(json.loads(json.dumps(to_dict(recording))))


def parse(data):
    """Return the recording in a file, on the maps that ship."""
    return parse_recording(data, lambda id: shipped(id) if id == "us-states" else None)


def with_documents(data):
    """Return a recording of the vectors with the documents of its contests."""
    found = {key: contest.to_dict() for key, contest in show(**data["contests"]).contests.items()}
    return copy.deepcopy(data) | {"contests": found}


@st.composite
def recordings(draw) -> Recording:
    """Return a recording of a random log, with random times."""
    start, updates = fold(draw(logs()))
    at, timed = BEGAN, []
    for update in updates:
        timed.append(Update.of(update.change, update.seq, at, update.totals))
        at += draw(st.integers(0, 600_000))
    return Recording("Night", "night", "e", BEGAN, PRESIDENT_2020, start.state, tuple(timed))


class RecordingVectors(TestCase):
    def setUp(self):
        self.recording = parse(with_documents(VECTORS["recording"]))

    def test_map_at_any_time_matches_the_vectors(self):
        for case in VECTORS["folds"]:
            with self.subTest(t=case["t"]):
                self.assertEqual(self.recording.seq_at(case["t"]), case["seq"])
                state = self.recording.fold(case["t"])
                self.assertEqual(state.phase, case["phase"])
                self.assertEqual(state.calls, calls_from(case["calls"]))

    def test_later_corrections_match_the_vectors(self):
        self.check_corrections(self.recording, VECTORS)

    def test_correction_takes_back_all_updates_behind_a_call(self):
        certified = VECTORS["certified"]
        self.check_corrections(parse(with_documents(certified["recording"])), certified)

    def check_corrections(self, recording, expected):
        corrected = {str(seq): by for seq, by in recording.corrected().items()}
        self.assertEqual(corrected, expected["corrected"])
        for case in expected["later_corrected"]:
            self.assertEqual(recording.later_corrected(case["seq"]), case["gives"])

    def test_trimmed_recordings_match_the_vectors(self):
        for case in VECTORS["trims"]:
            with self.subTest(case["name"]):
                part = self.recording.trim(**case["trim"])
                self.assertEqual(part.initial.calls, calls_from(case["initial"]))
                updates = [[u.at - part.began, u.corrects] for u in part.updates]
                self.assertEqual(updates, case["updates"])
                self.assertEqual(to_dict(through_json(part)), to_dict(part))


class RandomRecordings(TestCase):
    @given(recordings())
    def test_recording_survives_json(self, recording):
        self.assertEqual(to_dict(through_json(recording)), to_dict(recording))
        for state, update in zip(list(recording.states())[1:], recording.updates, strict=True):
            self.assertEqual(state.totals, update.totals)

    @given(recordings(), st.integers(0, 4_000_000), st.integers(-4_000_000, 4_000_000), st.data())
    def test_part_has_the_same_map_as_the_whole(self, recording, start, offset, data):
        end = data.draw(st.integers(start, 8_000_000))
        part = recording.trim(start, end, offset)

        self.assertTrue(all(update.at >= part.began for update in part.updates))
        self.assertEqual(
            [update.seq for update in part.updates], list(range(1, len(part.updates) + 1))
        )
        self.assertEqual(to_dict(through_json(part)), to_dict(part))
        t = data.draw(st.integers(start, end))
        if t + offset >= 0:
            self.assertEqual(part.fold(t + offset), recording.fold(t))


class RecordingErrors(TestCase):
    def assert_wrong_field(self, field, path=(), value=None, data=None):
        """Assert that the error names `field` after `value` is put at `path`."""
        data = with_documents(VECTORS["recording"]) if data is None else data
        place = data
        for key in path[:-1]:
            place = place[key]
        if path:
            place[path[-1]] = value
        with self.assertRaises(InvalidInput) as caught:
            parse(data)
        self.assertEqual(caught.exception.field, field)

    def test_first_wrong_field_is_named(self):
        for field, path, value in [
            ("v", ["v"], 3),
            ("title", ["title"], None),
            ("slug", ["slug"], "../admin"),
            ("epoch", ["epoch"], ""),
            ("began", ["began"], -1),
            ("began", ["began"], 1.5),
            ("recording.by", ["by"], "broadcaster"),
            ("contests", ["contests"], {}),
            ("contests.A B", ["contests"], {"A B": {}}),
            ("contests.president.schema", ["contests", "president"], {}),
            ("contests.president.size", ["contests", "president", "size"], 539),
            ("contests.president.geometry", ["contests", "president", "geometry"], "mars"),
            ("initial", ["initial"], None),
            ("initial.election", ["initial", "election"], 2020),
            ("initial.phase", ["initial", "phase"], "paused"),
            ("initial.calls.XX", ["initial", "calls"], {"XX": {"OH": {"status": "open"}}}),
            ("initial.calls", ["initial", "calls"], {"president": {"PA": {"status": "open"}}}),
            ("initial.counts", ["initial", "counts"], {"president": {"PA": {"votes": {}}}}),
            ("initial.totals", ["initial", "totals"], {"D": 1, "R": 0, "uncalled": 537}),
            ("initial.story", ["initial", "story"], None),
            ("updates", ["updates"], {}),
            ("updates", ["updates"], [{}] * (MAX_UPDATES + 1)),
            ("updates.1.change", ["updates", 0], []),
            ("updates.1.seq", ["updates", 0, "seq"], 2),
            ("updates.1.t", ["updates", 0, "t"], True),
            ("updates.3.t", ["updates", 2, "t"], 1),
            (
                "updates.2.calls.president.AZ.party",
                ["updates", 1, "calls", "president", "AZ", "party"],
                "X",
            ),
            ("updates.2.story.headline", ["updates", 1, "story", "headline"], ""),
            ("updates.2.by", ["updates", 1, "by"], "broadcaster"),
            ("updates.3.totals", ["updates", 2, "totals", "president", "R"], 30),
            ("updates.4.change", ["updates", 3, "corrects"], 3),
            ("updates.4.change", ["updates", 3, "corrects"], 9),
            ("updates.4.corrects", ["updates", 3, "corrects"], None),
            ("updates.2.change", ["updates", 0, "kind"], "hold"),
        ]:
            with self.subTest(path=path, value=value if path != ["updates"] else ""):
                if path == ["updates", 0, "kind"]:
                    field = "updates.1.change"
                self.assert_wrong_field(field, path, value)

    def test_json_other_than_an_object_is_rejected(self):
        for data in (None, [], "recording", 1):
            self.assert_wrong_field("recording", data=data if data is not None else "null")

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["v", "initial", "updates", "began", "calls"]), inner
                )
            ),
        )
    )
    def test_any_other_json_raises_invalid_input(self, data):
        with self.assertRaises(InvalidInput):
            parse(data)

    @given(st.data())
    def test_any_value_in_any_place_raises_at_most_invalid_input(self, data):
        recording = with_documents(VECTORS["recording"])
        place, path = recording, []
        while isinstance(place, (dict, list)) and place:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            path.append(key)
            if data.draw(st.booleans()):
                break
            if not isinstance(place[key], (dict, list)) or not place[key]:
                break
            place = place[key]
        place[path[-1]] = data.draw(
            st.none()
            | st.integers()
            | st.lists(st.integers())
            | st.text()
            | st.floats()
            | st.dictionaries(st.text(), st.integers())
        )
        with contextlib.suppress(InvalidInput):
            parse(recording)


class Version1(TestCase):
    """A file that the version before wrote: one contest, named by its year."""

    def setUp(self):
        self.data = json.loads(Path("tests/data/recording-version1.json").read_text())

    def test_recording_of_version_1_has_the_same_updates_by_contest(self):
        recording = parse(self.data)
        self.assertEqual(recording.show.contests["president"].id, "us-president-2020")
        self.assertEqual(len(recording.updates), len(self.data["updates"]))
        for update, then in zip(recording.updates, self.data["updates"], strict=True):
            self.assertEqual(update.change.headline, then.get("story", {}).get("headline", ""))
            found = {party: n for party, n in update.totals["president"].items() if n}
            self.assertEqual(found, {party: n for party, n in then["totals"].items() if n})
        *_, final = recording.states()
        won = final.totals["president"]
        self.assertEqual(won, {"D": 306, "R": 232, "O": 0, "uncalled": 0})

    def test_whole_map_of_version_1_stays_the_whole_map(self):
        views = [update.view for update in parse(self.data).updates if update.view]
        self.assertEqual([(view.contest, view.focus) for view in views[:2]],
                         [("president", "TX"), ("president", "US")])  # fmt: skip

    def test_recording_of_an_unknown_year_is_rejected(self):
        for year in (1789, "2020x", None):
            with self.subTest(year), self.assertRaises(InvalidInput) as caught:
                parse(self.data | {"election": year})
            self.assertEqual(caught.exception.field, "election")
