"""Contests and geometries from untrusted JSON: each error names its row and field."""

from unittest import TestCase

from broadcaster.domain import geometry
from broadcaster.domain.contest_parsing import MAX_RACES, parse_contest
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.geometry_parsing import parse_geometry
from tests.support.contests import lakeland, lakeland_geometry, parliament, parsed

HEXES = {"lakeland": parse_geometry(lakeland_geometry())}


def problems(document) -> list[str]:
    """Return what is wrong with a contest on the map of Lakeland."""
    try:
        parse_contest(document, HEXES.get)
    except InvalidDocument as error:
        return [f"{each.field}: {each.problem}" for each in error.problems]
    return []


def geometry_problems(document) -> list[str]:
    try:
        parse_geometry(document)
    except InvalidDocument as error:
        return [f"{each.field}: {each.problem}" for each in error.problems]
    return []


class ContestProblems(TestCase):
    def check(self, change, *expected):
        """Check what is wrong with Lakeland after `change(document)`."""
        document = lakeland()
        change(document)
        self.assertEqual(problems(document), list(expected))

    def test_lakeland_has_no_problems(self):
        self.assertEqual(problems(lakeland()), [])

    def test_size_that_weights_and_held_seats_do_not_add_up_to(self):
        self.check(
            lambda d: d.update(size=27),
            "size: is 27, but held seats (6) and weights (20) add up to 26",
        )

    def test_weights_that_are_no_whole_numbers(self):
        def change(document):
            for row, weight in zip(document["races"], (0, -1, 1.5, "2", True, None), strict=False):
                row["weight"] = weight

        what = "is not a whole number from 1 to 100000"
        self.check(change, *(f"races.{row}.weight: {what}" for row in range(1, 7)))

    def test_two_races_of_one_id(self):
        self.check(
            lambda d: d["races"][4].update(id="C1"),
            "races.5.id: C1 is the id of races.4 already",
        )

    def test_shape_that_the_geometry_does_not_have(self):
        self.check(
            lambda d: d["races"][1].update(shape="NW"),
            "races.2.shape: the geometry has no shape NW",
        )

    def test_geometry_that_does_not_exist(self):
        self.check(lambda d: d.update(geometry="moon"), "geometry: there is no geometry moon")

    def test_party_without_a_look(self):
        self.check(
            lambda d: d["parties"][2].pop("look"),
            "parties.3.look: is missing; choose one of blue, red, gold, green, purple, teal, "
            "orange, grey",
        )

    def test_parties_with_one_id_or_one_letter(self):
        self.check(
            lambda d: d["parties"][1].update(letter="G"),
            "parties.2.letter: another party has G already",
        )

    def test_party_that_is_called_uncalled(self):
        document = lakeland()
        document["parties"].append(
            {"id": "uncalled", "name": "Nobody", "letter": "U", "look": "grey"}
        )
        self.assertEqual(problems(document), ["parties.4.id: is not 1 to 8 letters and digits"])

    def test_threshold_that_nobody_can_reach(self):
        most = "with all races and the seats that it holds, a party has 23 at most"
        self.check(lambda d: d.update(to_win=24), f"to_win: nobody can reach 24: {most}")
        self.check(lambda d: d.update(to_win=23))

    def test_threshold_that_two_can_reach(self):
        words = "it must be more than half of 26: 14 or more"
        self.check(lambda d: d.update(to_win=13), f"to_win: two parties could reach 13; {words}")
        self.check(lambda d: d.update(to_win=14))

    def test_more_races_than_there_can_be(self):
        def change(document):
            document["races"] = document["races"] * 1200

        words = f"has 10800 rows; there can be {MAX_RACES} races at most"
        self.check(change, f"races: {words}")

    def test_closing_time_without_an_offset_or_that_is_none(self):
        for value, words in (
            ("2027-05-02T20:00", "has no offset from UTC in minutes: write it as in"),
            ("2027-05-02", "has no offset from UTC in minutes: write it as in"),
            ("2027-05-02T20:00+02:00:30", "has no offset from UTC in minutes: write it as in"),
            ("8 pm", "is not a date with a time and its offset, such as"),
            ("0001-01-01T00:00Z", "is not a date with a time and its offset, such as"),
            (8, "is not a date with a time and its offset, such as"),
        ):
            self.check(
                lambda d, value=value: d["races"][0].update(closes=value),
                f"races.1.closes: {words} 2024-11-05T19:30-05:00",
            )

    def test_problems_of_all_rows_are_named_at_once(self):
        def change(document):
            document["title"] = " "
            document["races"][0]["name"] = ""
            document["races"][2]["held_by"] = "XXX"
            document["races"][8]["colour"] = "mauve"

        self.check(
            change,
            "title: is empty",
            "races.1.name: is empty",
            "races.3.held_by: is none of the parties: FAR, GRN, LIB",
            "races.9.colour: unknown field",
        )

    def test_earlier_contest_with_an_unknown_race_or_party(self):
        self.check(
            lambda d: d["earlier"][0]["winners"].update(Q="FAR"),
            "earlier.1.winners.Q: there is no such race",
        )
        self.check(
            lambda d: d["earlier"][0]["winners"].update(N="XXX"),
            "earlier.1.winners.N: is none of the parties: FAR, GRN, LIB",
        )

    def test_margin_of_an_earlier_contest_that_is_none_or_of_a_race_nobody_won(self):
        for value in (-1, 101, "9.5", True, float("nan")):
            self.check(
                lambda d, value=value: d["earlier"][0]["margins"].update(N=value),
                "earlier.1.margins.N: is not a number of percentage points from 0 to 100",
            )
        self.check(
            lambda d: d["earlier"][0]["margins"].update(S=2),
            "earlier.1.margins.S: nobody won this race",
        )

    def test_markup_in_names_stays_text(self):
        found, _ = parsed(lakeland(), lakeland_geometry())
        self.assertEqual(found.party_of["LIB"].name, "Liberals & <Friends>")

    def test_values_of_the_wrong_kind_are_problems_and_no_errors(self):
        for wrong in (None, 1, "x", [], {}, [[]], [{}], [None], {"x": {}}, True, 1e308):
            document = lakeland()
            for field in document:
                with self.subTest(field=field, wrong=wrong):
                    problems(document | {field: wrong})
            for field in ("id", "name", "weight", "shape", "held_by", "candidates", "closes"):
                with self.subTest(race=field, wrong=wrong):
                    race = document["races"][0] | {field: wrong}
                    problems(document | {"races": [race]})
            for field in ("id", "name", "letter", "look", "short", "side"):
                with self.subTest(party=field, wrong=wrong):
                    party = document["parties"][0] | {field: wrong}
                    problems(document | {"parties": [party]})
            self.assertTrue(problems(wrong))

    def test_parliament_of_650_seats_is_read(self):
        found, _ = parsed(*parliament(650))
        self.assertEqual((found.size, len(found.races)), (650, 650))


class GeometryProblems(TestCase):
    def check(self, change, *expected):
        document = lakeland_geometry()
        change(document)
        self.assertEqual(geometry_problems(document), list(expected))

    def test_shipped_geometries_have_no_problems(self):
        for id in geometry.shipped_ids():
            self.assertEqual(geometry_problems(geometry.shipped(id).to_dict()), [])

    def test_path_that_is_not_of_straight_lines(self):
        for path in ("M0 0c1 1 2 2 3 3z", 'M0 0"/><script>', "javascript:alert(1)"):
            self.check(
                lambda d, path=path: d["shapes"][1].update(path=path),
                "shapes.2.path: is not a path of straight lines, as SVG writes it",
            )

    def test_neighbour_or_parent_that_is_not_there(self):
        self.check(
            lambda d: d["shapes"][2].update(neighbours=["N", "Q"]),
            "shapes.3: names Q, and there is no such shape",
        )
        self.check(
            lambda d: d["shapes"][2].update(parent="Q"),
            "shapes.3: names Q, and there is no such shape",
        )

    def test_coordinates_that_are_no_numbers(self):
        for label in ([1], [1, "2"], [1, float("nan")], [1, 1e9], None):
            document = lakeland_geometry()
            document["shapes"][0]["label"] = label
            self.assertRegex(geometry_problems(document)[0], r"^shapes\.1\.label: is ")

    def test_more_shapes_or_longer_paths_than_a_page_carries(self):
        self.check(
            lambda d: d.update(shapes=d["shapes"] * 200),
            "shapes: has 1400 rows; there can be 1000 shapes at most",
        )
        self.check(
            lambda d: d["shapes"][0].update(path="M0 0" + "l1 1" * 200_000),
            "shapes: have paths of 800252 bytes in all; 600000 is the most",
        )

    def test_shape_may_group_others_without_a_path(self):
        document = lakeland_geometry()
        document["shapes"].append(
            {"id": "EAST", "name": "The East", "view": [0, 0, 9, 9], "label": [4, 4]}
        )
        document["shapes"][2]["parent"] = "EAST"
        self.assertEqual(geometry_problems(document), [])
