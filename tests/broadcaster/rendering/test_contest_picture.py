"""The picture of contests other than the presidency: other countries, several races on a shape."""

import gzip
import re
import time

from django.template.loader import render_to_string
from django.test import SimpleTestCase

from broadcaster.domain.change import Call, Status, View, calls_of
from broadcaster.domain.contest import shipped
from broadcaster.domain.geometry import shipped as shipped_geometry
from broadcaster.domain.show import Edition
from broadcaster.rendering.picture import Picture
from tests.support.contests import edition, parliament, parsed
from tools.build_us_house import ordinal

PARTS = ("map", "boxes", "tally", "table", "legend")


def render(name, picture):
    return render_to_string(f"broadcaster/picture/{name}.html", {"picture": picture})


class SmallCountry(SimpleTestCase):
    def setUp(self):
        self.edition = edition("lakeland-2027")

    def picture(self, calls=None, **view):
        return Picture(self.edition, calls or {}, view=View("", **view))

    def test_every_race_is_on_the_map_or_has_a_box(self):
        found = self.picture()
        self.assertEqual(
            [label.unit.unit for label in found.labels], ["N", "NE", "E", "C1", "W", "SW", "S"]
        )
        self.assertEqual([unit.unit for unit in found.other_boxes], ["C2", "ABROAD"])

    def test_races_have_the_look_and_the_letter_of_their_party(self):
        calls = calls_of({"N": "FAR", "C2": "GRN"}) | {"E": Call(Status.CERTIFIED, "LIB")}
        found = {unit.unit: unit for unit in self.picture(calls).rows}
        self.assertEqual((found["N"].look, found["N"].mark), ("orange", "Fa"))
        self.assertEqual((found["C2"].look, found["C2"].mark), ("green", "G"))
        self.assertEqual(found["E"].mark, "L✓")
        self.assertEqual(found["E"].result, "O’Hara (L), certified")
        self.assertEqual(found["W"].result, "Not called")

    def test_race_is_flipped_if_another_party_held_it(self):
        found = {unit.unit: unit for unit in self.picture(calls_of({"N": "GRN", "S": "GRN"})).rows}
        self.assertTrue(found["N"].flipped)
        self.assertFalse(found["S"].flipped)  # nobody knows who held it

    def test_bar_has_the_parties_from_left_to_right_and_no_mark(self):
        tally = self.picture(calls_of({"N": "FAR", "S": "GRN"})).tally
        self.assertEqual(
            [(share.party, share.won, share.bar.x, share.bar.width) for share in tally.shares],
            [
                ("GRN", 5, "0.000%", "19.231%"),
                ("LIB", 1, "19.231%", "3.846%"),
                ("FAR", 7, "73.077%", "26.923%"),
            ],
        )
        self.assertEqual(tally.marks, [])
        self.assertNotIn("to win", render("tally", self.picture()))

    def test_view_shows_a_race_or_a_shape_closely_and_anything_else_whole(self):
        self.assertEqual(self.picture(focus="NE").view_box, "0 -284 852 852")
        self.assertEqual(self.picture(focus="C2").view_box, self.picture(focus="C").view_box)
        for focus in ("US", "", "ABROAD"):
            self.assertEqual(self.picture(focus=focus).view_box, "0 0 1000 994")

    def test_highlights_are_races_and_shapes(self):
        found = self.picture(highlight=("C", "N"))
        highlighted = {unit.unit for unit in found.units if unit.highlighted}
        self.assertEqual(highlighted, {"C1", "C2", "N"})
        self.assertEqual(found.outlines.count("M"), 2)

    def test_names_are_escaped_in_every_part(self):
        picture = self.picture(calls_of(dict.fromkeys(self.edition.contest.race_of, "LIB")))
        for name in PARTS:
            html = render(name, picture)
            self.assertNotIn("<Friends>", html, name)
            self.assertNotRegex(html, r"<style|<script| style=| on\w+=")

    def test_parts_have_no_states_votes_or_elections_of_another_country(self):
        for name in PARTS:
            html = render(name, self.picture())
            self.assertNotRegex(html, r"(?i)(?<!data-)states?\b|president|united|270", name)


class TwoSeatsOfOneState(SimpleTestCase):
    def test_second_race_of_a_shape_has_a_box(self):
        senate = shipped("us-senate-2024")
        calls = calls_of({"NE": "R", "NE-S": "R", "OH": "R"})
        found = Picture(Edition(senate, shipped_geometry("us-states")), calls)
        self.assertEqual([unit.unit for unit in found.other_boxes], ["NE-S"])
        self.assertEqual(found.tally.totals, {"D": 28, "R": 41, "O": 0, "uncalled": 31})
        rows = {unit.unit: unit for unit in found.rows}
        self.assertEqual(rows["OH"].result, "Moreno (R)")
        self.assertTrue(rows["OH"].flipped)
        self.assertNotIn('class="votes"', render("table", found))  # each race counts for one
        self.assertIn("past 51", render("tally", found))

    def test_states_without_a_race_are_not_drawn(self):
        found = Picture(edition("us-governors-2024"), {})
        drawn = {label.unit.unit for label in found.labels}
        self.assertEqual(drawn, set(shipped("us-governors-2024").race_of))


class Parliaments(SimpleTestCase):
    """435 and 650 races: pages stay fast and light."""

    def test_large_contests_are_drawn_fast_and_are_light_when_compressed(self):
        for seats, kilobytes in ((435, 25), (650, 35)):
            with self.subTest(seats):
                contest, geometry = parsed(*parliament(seats))
                calls = calls_of({f"S{n}": f"P{n % 8 + 1}" for n in range(1, seats, 2)})
                began = time.process_time()
                picture = Picture(Edition(contest, geometry), calls)
                html = "".join(render(name, picture) for name in PARTS)
                took = time.process_time() - began
                self.assertEqual(len(re.findall('<tr data-unit="', html)), seats)
                self.assertLess(len(gzip.compress(html.encode())), 1000 * kilobytes)
                self.assertLess(took, 2.0)

    def test_small_hexagons_have_their_mark_and_no_code(self):
        contest, geometry = parsed(*parliament(650))
        fits = {label.fits for label in Picture(Edition(contest, geometry), {}).labels}
        self.assertEqual(fits, {"mark"})

    def test_groups_are_bordered_and_named_on_the_shape_in_their_middle(self):
        picture = Picture(edition("us-house-2026"), {})
        named = {label.group: label.unit.unit for label in picture.labels if label.group}
        self.assertEqual(len(named), 50)
        self.assertEqual(named["AK"], "AK-AL")
        html = render("map", picture)
        self.assertIn(f'<path d="{picture.geometry.borders}"/>', html)
        self.assertIn('<g data-state="CA" data-view="', html)

    def test_districts_are_sorted_by_their_numbers(self):
        names = [unit.name for unit in Picture(edition("us-house-2026"), {}).rows]
        ohio = [name for name in names if name.startswith("Ohio")]
        self.assertEqual(ohio, [f"Ohio {ordinal(number)}" for number in range(1, 16)])

    def test_districts_have_the_translated_name_of_their_state(self):
        words = {"New York": "Nueva York", "nd": ".º"}
        picture = Picture(edition("us-house-2026"), {}, gettext=lambda text: words.get(text, text))
        self.assertIn("Nueva York 2.º", [unit.name for unit in picture.rows])

    def test_threshold_far_from_half_has_two_marks(self):
        document, grid = parliament(100)
        contest, geometry = parsed(document | {"to_win": 67}, grid)
        picture = Picture(Edition(contest, geometry), {})
        self.assertEqual(picture.tally.marks, ["33.000%", "67.000%"])
        self.assertIn("67 to win, from either side", render("tally", picture))

    def test_contest_without_sides_names_all_parties(self):
        contest, geometry = parsed(*parliament(10))
        tally = Picture(Edition(contest, geometry), {}).tally
        self.assertEqual(len(tally.shown), 8)
        self.assertEqual([share.party for share in tally.middle], list(contest.party_of))
