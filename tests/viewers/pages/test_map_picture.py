"""The map alone, as cards of the front page show it."""

import gzip
import re
from xml.etree import ElementTree

from django.test import TestCase

from broadcaster.domain.contest import shipped
from broadcaster.models import Broadcast
from broadcaster.rendering.looks import colours
from tests.support.changes import PA_TO_BIDEN, parse_change
from tests.support.contests import keep_all, show
from tests.support.log import publish

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = list(dict.fromkeys(race.shape for race in shipped("us-president-2020").races))


class MapPicture(TestCase):
    def setUp(self):
        contests = show(president="us-president-2020", senate="us-senate-2024")
        self.night = Broadcast.objects.create(
            slug="night", title="Night", contests=keep_all(contests.editions)
        )
        for change in ({"kind": "start"}, PA_TO_BIDEN):
            publish(self.night, parse_change(change, contests))

    def get(self, query=""):
        return self.client.get(f"/broadcasts/night/map.svg{query}")

    def paths(self, query=""):
        return ElementTree.fromstring(self.get(query).content).findall(f"{SVG}path")

    def letters(self, query=""):
        """Return the letters on the map and their colours."""
        texts = ElementTree.fromstring(self.get(query).content).iter(f"{SVG}text")
        return [(text.text, text.get("fill")) for text in texts]

    def fills(self, query=""):
        """Return the colours by shape."""
        paths = self.paths(query)
        return dict(zip(SHAPES, [path.get("fill") for path in paths], strict=True))

    def test_every_shape_has_the_colour_of_its_winner(self):
        light, fills = colours("light"), self.fills()
        self.assertEqual(fills.pop("PA"), light["look-blue"])
        self.assertEqual(set(fills.values()), {light["map-uncalled"]})

    def test_dark_pages_have_colours_of_their_own(self):
        self.assertEqual(self.fills("?theme=dark")["PA"], colours("dark")["look-blue"])
        self.assertNotEqual(colours("dark")["look-blue"], colours("light")["look-blue"])

    def test_winners_have_their_letter_on_their_shape_or_beside_it(self):
        light = colours("light")
        self.assertEqual(self.letters(), [("D", light["on-blue"])])
        races = ("FL", "TN", "WV", "ME-AL", "RI")
        calls = {race: {"status": "called", "party": "R"} for race in races}
        calls["HI"] = {"status": "called", "party": "D"}
        change = {"calls": {"president": calls}, "story": {"headline": "Six states"}}
        publish(self.night, parse_change(change))
        on_shapes = [("D", light["on-blue"]), *[("R", light["on-red"])] * 4]  # not on Rhode Island
        self.assertCountEqual(self.letters(), [*on_shapes, ("D", light["map-text"])])

    def test_map_is_that_of_a_position_and_a_contest(self):
        before = f"?at={self.night.epoch}:1"
        self.assertEqual(self.fills(before)["PA"], colours("light")["map-uncalled"])
        self.assertEqual(len(self.paths("?contest=senate")), 33)

    def test_map_of_a_position_can_be_kept(self):
        now, kept = self.get(), self.get(f"?at={self.night.epoch}:2")
        self.assertEqual(now.headers["Cache-Control"], "public, max-age=5")
        self.assertEqual(kept.headers["Cache-Control"], "public, max-age=86400")
        for query in ("?at=nonsense", f"?at={self.night.epoch}:9"):
            self.assertEqual(self.get(query).status_code, 404)

    def test_picture_is_small_and_has_no_styles_or_scripts(self):
        content = self.get().content
        self.assertLess(len(gzip.compress(content)), 8_000)
        self.assertNotRegex(content.decode(), r"<style|<script| style=| on\w+=")

    def test_states_share_corners_so_that_there_are_no_gaps(self):
        paths = [path.get("d") for path in self.paths()]
        outline = dict(zip(SHAPES, paths, strict=True))
        self.assertEqual(re.findall("M", outline["CO"]), ["M"])
        self.assertTrue(corners(outline["CO"]) & corners(outline["WY"]))


def corners(path):
    """Return the corners of an outline with one ring, in tenths."""
    left, top, *steps = [round(float(each) * 10) for each in re.findall(r"-?\d*\.?\d+", path)]
    found = [(left, top)]
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = found[-1]
        found.append((x + dx, y + dy))
    return set(found)
