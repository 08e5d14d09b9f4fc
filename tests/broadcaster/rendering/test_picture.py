"""The picture, by the vectors that drawing.js is tested with, too (tests/js/drawing.test.mjs)."""

import gzip
import json
import re
from pathlib import Path

from django.template.loader import render_to_string
from django.test import SimpleTestCase
from django.utils.translation import gettext, override

from broadcaster.domain.change import View, calls_of
from broadcaster.domain.geometry import shipped as shipped_geometry
from broadcaster.domain.show import Edition
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture, is_clear_of_edge
from tests.support.changes import RACES, calls_from, counts_from
from tests.support.contests import edition, lakeland, lakeland_geometry, parsed

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "picture.json").read_text())


FACTS = json.loads((ROOT / "broadcaster/data/election_facts.json").read_text())["elections"]
SHAPES = shipped_geometry("us-states").shape_of


def picture(calls=None, counts=None, contest="us-president-2020", **view):
    """Return the picture of calls and counts in JSON."""
    calls = calls_from({"": calls or {}})[""]
    counts = counts_from({"": counts or {}})[""]
    return Picture(edition(contest), calls, counts, View("", **view), gettext)


def fitting(found):
    """Return the units whose labels fit."""
    return {label.unit.unit for label in found.labels if label.fits == "yes"}


def box(view):
    return tuple(map(float, view.split()))


class PictureVectors(SimpleTestCase):
    def test_label_tally_and_units_match_the_vectors(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]), override(case.get("language", "en")):
                found = picture(case["calls"], case.get("counts"), case["contest"])
                units = {unit.unit: unit for unit in found.rows}
                self.assertEqual(found.label, case["label"])
                self.assertEqual(found.tally.passed, case["passed"])
                self.assertEqual(
                    {each.party: [each.bar.x, each.bar.width] for each in found.tally.shares},
                    case["bars"],
                )
                for race, expected in case["races"].items():
                    self.assertEqual([units[race].mark, units[race].result], expected, race)
                for race, expected in case.get("counted", {}).items():
                    count = units[race].count
                    self.assertEqual([count.leader, count.words], expected, race)

    def test_contests_for_scripts_match_the_vectors(self):
        vectors = json.loads((ROOT / "tests" / "vectors" / "contests.json").read_text())
        for language, contests in vectors.items():
            for id, expected in contests.items():
                with self.subTest(id, language=language), override(language):
                    self.assertEqual(contest_data(edition(id), gettext), expected)


class StateShapes(SimpleTestCase):
    def test_every_state_has_a_shape(self):
        self.assertEqual(len(SHAPES), 51)

    def test_every_unit_has_one_label_or_one_box(self):
        found = picture()
        labels = fitting(found)
        boxes = [unit.unit for unit in found.small_boxes + found.other_boxes]
        self.assertEqual(labels | set(boxes), set(RACES))
        self.assertEqual(len(labels) + len(boxes), len(RACES))

    def test_rows_are_in_alphabetical_order(self):
        names = [unit.name for unit in picture().rows]
        self.assertEqual(len(names), 56)
        self.assertEqual((names[0], names[-1]), ("Alabama", "Wyoming"))
        at = names.index("Nebraska at large")
        self.assertEqual(names[at + 1 : at + 3], ["Nebraska 1st district", "Nebraska 2nd district"])

    def test_spanish_rows_are_in_alphabetical_order_without_accents(self):
        with override("es"):
            names = [unit.name for unit in picture().rows]
        at = names.index("Misisipi")
        self.assertEqual(names[at - 2 : at], ["Míchigan", "Minnesota"])
        self.assertIn("Nebraska, 2.º distrito", names)

    def test_paths_are_closed_outlines(self):
        for state, shape in SHAPES.items():
            with self.subTest(state):
                self.assertRegex(shape.path, r"^(M-?[\d.]+[ -][\d.]+l[\d. -]+z)+$")

    def test_map_data_is_below_70_kilobytes(self):
        self.assertLess(
            (ROOT / "broadcaster/data/geometries/us-states.json").stat().st_size, 70_000
        )


class ViewBox(SimpleTestCase):
    def test_default_view_is_the_whole_map(self):
        found = picture()
        self.assertEqual(found.view_box, found.whole)

    def test_state_view_contains_the_state_and_stays_on_the_map(self):
        left, top, width, height = box(picture().whole)
        for state, shape in SHAPES.items():
            with self.subTest(state):
                x, y, w, h = box(picture(focus=state).view_box)
                self.assertTrue(x <= shape.label[0] <= x + w and y <= shape.label[1] <= y + h)
                self.assertTrue(left <= x and x + w <= left + width + 0.1)
                self.assertTrue(top <= y and y + h <= top + height + 0.1)
                self.assertAlmostEqual(w / h, width / height, delta=0.01)

    def test_district_has_the_view_of_its_state(self):
        self.assertEqual(picture(focus="NE-2").view_box, picture(focus="NE").view_box)

    def test_labels_keep_their_size_on_the_screen_so_that_more_fit_close_up(self):
        far, close = picture(), picture(focus="NJ")
        self.assertAlmostEqual(
            far.label_size / box(far.view_box)[2], close.label_size / box(close.view_box)[2], 3
        )
        self.assertNotIn("NJ", fitting(far))
        self.assertIn("NJ", fitting(close))

    def test_labels_of_a_high_map_are_larger_where_shapes_have_the_room(self):
        document = lakeland_geometry()
        _, _, wide, high = document["view"]
        contest, geometry = parsed(lakeland(), document)
        large = Picture(Edition(contest, geometry), {})
        # A page that shows both maps equally high draws letters equally high.
        self.assertAlmostEqual(large.label_size / high, picture().label_size / 610, 3)
        self.assertEqual(len(fitting(large)), 7)

        document["shapes"][0]["room"] = 18.0
        small = Picture(Edition(contest, parsed(lakeland(), document)[1]), {})
        self.assertAlmostEqual(small.label_size / wide, picture().label_size / 1033, 3)

    def test_highlights_outline_states_and_units(self):
        found = picture(highlight=["OH", "NE-2"])
        self.assertEqual(found.outlines, SHAPES["OH"].path)
        self.assertEqual([unit.unit for unit in found.other_boxes if unit.highlighted], ["NE-2"])
        found = picture(highlight=["NE"])
        self.assertEqual(found.outlines, SHAPES["NE"].path)
        self.assertEqual(len([unit for unit in found.other_boxes if unit.highlighted]), 3)

    def test_labels_that_the_edge_of_the_view_would_cut_are_not_shown(self):
        for case in VECTORS["edges"]:
            found = is_clear_of_edge(case["at"], "0 0 100 60", 5)
            self.assertEqual(found, case["isClear"], case["name"])
        shown = {label.shape.id for label in picture(focus="GA").labels if label.fits != "no"}
        self.assertEqual(shown & {"GA", "NC", "SC", "OR"}, {"GA", "SC"})


class Undecided(SimpleTestCase):
    def test_heaviest_races_are_first_and_equal_ones_by_name(self):
        found = [unit.name for unit in picture().undecided]
        self.assertEqual(found[:3], ["California", "Texas", "Florida"])
        self.assertLess(found.index("Alabama"), found.index("Colorado"))
        governors = [unit.name for unit in picture(contest="us-governors-2026").undecided]
        self.assertEqual(governors[:3], ["Alabama", "Alaska", "Arizona"])


class PastElections(SimpleTestCase):
    def test_past_elections_are_newest_first_with_their_votes(self):
        contest = edition("us-president-2020").contest
        titles = [earlier.title for earlier in contest.earlier]
        self.assertEqual(titles, ["2016", "2012", "2008", "2004", "2000"])
        for earlier in contest.earlier:
            totals = contest.before(earlier).totals(calls_of(earlier.winners))
            pledged = FACTS[earlier.title]["pledged"]
            self.assertEqual({party: totals[party] for party in "DR"}, pledged)

    def test_flipped_units_are_those_whose_winner_changed(self):
        calls = {unit: {"status": "called", "party": "D"} for unit in ("AZ", "CA")}
        flipped = [unit.unit for unit in picture(calls).rows if unit.flipped]
        self.assertEqual(flipped, ["AZ"])


class CountyLines(SimpleTestCase):
    """Lines between counties, one file for each state."""

    folder = ROOT / "broadcaster/static/broadcaster/rendering/counties"

    def test_lines_of_every_state_are_below_7_kilobytes_compressed(self):
        for state in SHAPES:
            text = (self.folder / f"{state}.json").read_text()
            self.assertRegex(json.loads(text), r"^(M-?[\d.]+[ -][\d.]+l[\d. -]+)*$")
            self.assertLess(len(gzip.compress(text.encode())), 7000, state)
        self.assertEqual(json.loads((self.folder / "DC.json").read_text()), "")


class TallyBar(SimpleTestCase):
    def test_least_majority_has_its_mark_in_the_middle(self):
        for contest in ("us-president-2020", "us-senate-2024", "us-house-2026"):
            tally = Picture(edition(contest), {}).tally
            self.assertEqual(tally.marks, ["50%"], contest)

    def test_every_election_has_its_totals_and_winner(self):
        for year, facts in FACTS.items():
            with self.subTest(year):
                tally = Picture(edition(f"us-president-{year}"), calls_of(facts["winners"])).tally
                pledged = facts["pledged"]
                self.assertEqual({party: tally.totals[party] for party in "DR"}, pledged)
                self.assertEqual(tally.passed, max("DR", key=pledged.__getitem__))

    def test_exactly_270_is_reached_and_more_is_past_it(self):
        winners = FACTS["2020"]["winners"]
        for without, words in (({"GA", "PA"}, "reaches 270"), ({"GA"}, "past 270")):
            called = {race: party for race, party in winners.items() if race not in without}
            found = Picture(edition("us-president-2020"), calls_of(called))
            html = render_to_string("broadcaster/picture/tally.html", {"picture": found})
            [shown] = re.findall(r'data-passed="D">✓ <span data-words>(.*?)</span>', html)
            self.assertEqual(shown, words)


class PictureTemplates(SimpleTestCase):
    """The HTML that drawing.js updates, under a strict content security policy."""

    def render(self, name, found):
        return render_to_string(f"broadcaster/picture/{name}.html", {"picture": found})

    def test_map_boxes_and_table_show_the_same_calls(self):
        calls = {
            "NE-2": {"status": "called", "party": "D"},
            "NE-AL": {"status": "called", "party": "R"},
            "VT": {"status": "certified", "party": "D"},
            "PA": {"status": "too_close"},
        }
        found = picture(calls)
        for name, units in (("map", 51), ("boxes", 14), ("table", 56)):
            drawn = dict(
                (unit, (status, party))
                for unit, status, party in re.findall(
                    r'data-unit="([^"]+)" data-status="([^"]+)" data-party="([^"]*)"',
                    self.render(name, found),
                )
            )
            self.assertEqual(len(drawn), units)
            for unit, (status, party) in drawn.items():
                call = calls.get(unit, {"status": "open"})
                self.assertEqual((status, party), (call["status"], call.get("party", "")), unit)

    def test_html_has_no_inline_styles_or_scripts(self):
        for name in ("patterns", "map", "boxes", "tally", "table", "legend"):
            html = self.render(name, picture(highlight=["OH"]))
            self.assertNotRegex(html, r"<style|<script| style=| on\w+=")
