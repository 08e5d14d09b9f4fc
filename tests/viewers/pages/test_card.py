"""The picture for social networks, and what pages tell them."""

import math
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urlsplit

from django.test import SimpleTestCase, TestCase
from django.utils.translation import override
from PIL import Image

from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from broadcaster.rendering.picture import SHAPES, WHOLE
from tests.support.log import publish
from viewers.pages import card

PA_TO_BIDEN = {
    "calls": {"PA": {"status": "called", "party": "D"}},
    "story": {"headline": 'Pennsylvania & <its> "20" votes go to Biden'},
}
AZ_TO_TRUMP = {
    "calls": {"AZ": {"status": "called", "party": "R"}},
    "story": {"headline": "Arizona goes to Trump"},
}
COLOURS = {"D": (33, 102, 172), "R": (178, 24, 43), "": (217, 217, 217), "ground": (255, 255, 255)}


def colour(png: bytes, state: str) -> str:
    """Whose colour most of a state's middle has, left of its letter."""
    image = Image.open(BytesIO(png)).convert("RGB")
    x, y, width, height = map(float, WHOLE.split())
    scale = min(660 / width, 390 / height)
    left, top = 524 + (660 - width * scale) / 2, 36 + (390 - height * scale) / 2
    shape = SHAPES[state]
    middle = left + (shape.x - x) * scale, top + (shape.y - y) * scale
    area = image.crop((middle[0] - 12, middle[1] - 4, middle[0] - 6, middle[1] + 4))
    _, found = max(area.getcolors())
    return min(COLOURS, key=lambda name: math.dist(COLOURS[name], found))


class Meta(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "meta" and "content" in attributes:
            name = attributes.get("property") or attributes.get("name")
            self.found[name] = attributes["content"]


class Cards(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title="A & B", election=2020)
        card.drawn.cache_clear()

    def put(self, *changes):
        for change in changes:
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()

    def picture(self, query=""):
        return self.client.get(f"/broadcasts/night/picture.png{query}")

    def test_the_map_as_it_stands(self):
        self.put({"kind": "start"}, PA_TO_BIDEN, AZ_TO_TRUMP)
        response = self.picture()
        image = Image.open(BytesIO(response.content))
        self.assertEqual((image.format, image.size), ("PNG", (1200, 630)))
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertIn("max-age=5", response["Cache-Control"])
        for state, expected in (("PA", "D"), ("AZ", "R"), ("TX", "")):
            self.assertEqual(colour(response.content, state), expected, state)

    def test_the_address_in_the_page_is_of_that_moment_for_good(self):
        self.put({"kind": "start"}, PA_TO_BIDEN)
        tags = Meta(self.client.get("/broadcasts/night/").content.decode()).found
        self.put(AZ_TO_TRUMP)

        self.assertEqual(tags["og:title"], "A & B")
        self.assertEqual(tags["og:description"], PA_TO_BIDEN["story"]["headline"])
        self.assertEqual(tags["og:url"], "http://testserver/broadcasts/night/")
        self.assertEqual(tags["twitter:card"], "summary_large_image")
        self.assertIn("Biden 20, Trump 0", tags["og:image:alt"])
        address = urlsplit(tags["og:image"])
        self.assertEqual(address.netloc, "testserver")
        response = self.client.get(f"{address.path}?{address.query}")
        self.assertIn("max-age=86400", response["Cache-Control"])
        self.assertEqual(colour(response.content, "PA"), "D")
        self.assertEqual(colour(response.content, "AZ"), "")

    def test_a_shared_moment_has_its_own(self):
        self.put({"kind": "start"}, PA_TO_BIDEN, AZ_TO_TRUMP)
        page = self.client.get("/broadcasts/night/?at=2").content.decode()
        tags = Meta(page).found
        self.assertTrue(tags["og:image"].endswith(f"?at={self.broadcast.epoch}:2"))
        self.assertTrue(tags["og:url"].endswith("/broadcasts/night/?at=2"))

    def test_before_the_start_there_is_one_too(self):
        self.assertEqual(colour(self.picture().content, "PA"), "")

    def test_there_is_none_of_what_never_was(self):
        self.put({"kind": "start"})
        for at in ("2", "x:1", f"{self.broadcast.epoch}:2", f"{self.broadcast.epoch}:-1", ""):
            self.assertEqual(self.picture(f"?at={at}").status_code, 404, at)
        self.assertEqual(self.client.get("/broadcasts/day/picture.png").status_code, 404)

    def test_each_moment_is_drawn_once(self):
        self.put({"kind": "start"})
        for _ in range(3):
            self.picture()
            self.picture(f"?at={self.broadcast.position}")
        self.assertEqual(card.drawn.cache_info().misses, 1)

    def test_in_spanish_but_for_the_headline(self):
        self.put({"kind": "start"}, AZ_TO_TRUMP)
        with override("es"):
            svg = card.card(self.broadcast, self.broadcast.position)
        self.assertIn("Sin definir 527", svg)
        self.assertRegex(svg, r"Al \d+ \w+ \d{4}, \d+:\d\d [ap].\sm. E[SD]T")
        self.assertIn("Arizona goes to Trump", svg)
        self.assertNotEqual(
            self.client.get("/es/broadcasts/night/picture.png").content, self.picture().content
        )

    def test_a_rehearsal_says_so(self):
        Broadcast.objects.update(rehearsal=True)
        image = Image.open(BytesIO(self.picture().content)).convert("RGB")
        self.assertEqual(image.getpixel((10, 10)), (255, 159, 28))


class Lines(SimpleTestCase):
    def test_a_long_headline_ends_with_dots(self):
        lines = card.wrapped("Pennsylvania " * 15)
        self.assertEqual(len(lines), card.LINES)
        self.assertTrue(lines[-1].endswith("…"))
        self.assertLessEqual(max(map(len, card.wrapped("x" * 200))), card.LINE)
