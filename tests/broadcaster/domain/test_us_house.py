"""The House: the grid of its map is right, and what ships is made of it."""

import json
from collections import Counter
from unittest import TestCase

from django.utils.translation import gettext, override

from broadcaster.domain import contest, geometry
from broadcaster.domain.translation import name_in
from tools import build_us_house
from tools.build_contests import DATA, votes_of

HOUSE = geometry.shipped("us-house")
DISTRICTS = {shape.id: shape for shape in HOUSE.shapes if shape.path}


class UsHouse(TestCase):
    def test_map_that_ships_is_that_of_the_grid(self):
        self.assertEqual(
            json.loads(build_us_house.TARGET.read_text()),
            json.loads(json.dumps(build_us_house.geometry())),
        )

    def test_every_seat_has_a_hexagon_of_its_own_and_a_race(self):
        self.assertEqual(len({shape.path for shape in DISTRICTS.values()}), 435)
        found = contest.shipped("us-house-2026")
        self.assertEqual([race.shape for race in found.races], list(DISTRICTS))
        self.assertEqual((found.size, found.to_win), (435, 218))

    def test_states_have_two_seats_less_than_electoral_votes(self):
        facts = json.loads((DATA / "election_facts.json").read_text())
        votes: Counter[str] = Counter()
        for unit, count in votes_of(2028, facts).items():
            votes[unit[:2]] += count
        del votes["DC"]
        seats = Counter(shape.parent for shape in DISTRICTS.values())
        self.assertEqual(seats, {state: count - 2 for state, count in votes.items()})

    def test_districts_of_a_state_are_connected(self):
        for state, shapes in HOUSE.groups.items():
            ids = {shape.id for shape in shapes}
            reached, ahead = set(), [shapes[0].id]
            while ahead:
                id = ahead.pop()
                reached.add(id)
                ahead += ids.intersection(DISTRICTS[id].neighbours) - reached
            self.assertEqual(reached, ids, state)

    def test_districts_and_states_have_names(self):
        names = [HOUSE.shape_of[id].name for id in ("AL", "AL-7", "CA-11", "CA-52", "AK-AL")]
        self.assertEqual(
            names,
            ["Alabama", "Alabama 7th", "California 11th", "California 52nd", "Alaska at large"],
        )
        with override("es"):
            self.assertEqual(name_in(gettext, "Pennsylvania 2nd"), "Pensilvania 2.º")
