"""Parliaments of 435 and 650 seats: the pure core is fast enough, and frames stay small."""

import gzip
import time
from unittest import TestCase

import msgspec

from broadcaster.domain.change import Change, Kind
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.opening import opening
from broadcaster.domain.show import Edition, Show
from broadcaster.domain.stream import Position, Replica, Snapshot, Update
from tests.support.contests import parliament, parsed
from viewers.protocol import frames

PARTIES = 4  # that have votes in each race


def house(seats):
    return Show({"house": Edition(*parsed(*parliament(seats)))})


def called(show):
    """Return calls of all races, each party in turn, as JSON."""
    contest = show.contests["house"]
    parties = [*contest.party_of]
    return {
        race: {"status": "called", "party": parties[number % len(parties)]}
        for number, race in enumerate(contest.race_of)
    }


def counted(show):
    """Return counts of all races, as JSON."""
    contest = show.contests["house"]
    votes = {party: 21_000 + 777 * n for n, party in enumerate([*contest.party_of][:PARTIES])}
    return {race: {"votes": votes, "expected": 0.71} for race in contest.race_of}


class LargeContests(TestCase):
    def test_full_house_is_parsed_and_applied_in_milliseconds(self):
        for seats in (435, 650):
            show = house(seats)
            data = {
                "calls": {"house": called(show)},
                "counts": {"house": counted(show)},
                "story": {"headline": "All"},
            }
            began = time.thread_time()
            state = opening(show).apply(parse_change(data, show), show.contests)
            self.assertLess(time.thread_time() - began, 0.1, seats)
            self.assertEqual(state.totals["house"]["uncalled"], 0)

    def test_one_more_call_on_a_full_map_costs_under_two_milliseconds(self):
        show = house(650)
        full = parse_change({"counts": {"house": counted(show)}}, show)
        state = opening(show).apply(full, show.contests)
        replica = Replica(Snapshot("e", 0, 0, show.digests, state), show.contests)
        calls = [
            parse_change({"calls": {"house": {race: call}}, "story": {"headline": race}}, show)
            for race, call in called(show).items()
        ]
        began = time.thread_time()
        for seq, change in enumerate(calls, start=1):
            self.assertEqual(replica.apply("e", Update.of(change, seq, 0, {})), "applied")
        self.assertLess((time.thread_time() - began) / len(calls), 0.002)

    def test_snapshot_of_a_full_house_is_small_when_compressed(self):
        for seats, limit in ((435, 6_000), (650, 8_000)):
            show = house(seats)
            change = parse_change(
                {
                    "calls": {"house": called(show)},
                    "counts": {"house": counted(show)},
                    "story": {"headline": "All"},
                },
                show,
            )
            state = opening(show).apply(change, show.contests)
            snapshot = Snapshot("e", 1, 0, show.digests, state)
            frame = frames.encode(frames.snapshot(snapshot, 25, 0))
            self.assertLess(len(frame), 160 * seats)
            self.assertLess(len(gzip.compress(frame)), limit)
            self.assertEqual(frames.decode_snapshot(frame).snapshot, snapshot)

    def test_update_of_one_call_does_not_grow_with_the_contest(self):
        show = house(650)
        [(race, call), *_] = called(show).items()
        change = msgspec.convert({"kind": Kind.UPDATE, "calls": {"house": {race: call}}}, Change)
        update = Update.of(
            change,
            1,
            0,
            opening(show).apply(change, show.contests).totals,
        )
        frame = frames.encode(frames.updates(Position("e", 1), [update], show.digests))
        self.assertLess(len(frame), 400)
