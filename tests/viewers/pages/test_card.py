"""The picture for social networks, and the metadata that links to it."""

import math
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from unittest import mock
from urllib.parse import urlsplit

from django.db import connection, connections
from django.db.backends.signals import connection_created
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase
from django.utils.translation import override
from PIL import Image

from broadcaster.domain.change import Change, Kind, Story
from broadcaster.domain.geometry import shipped
from broadcaster.models import Broadcast
from broadcaster.rendering.picture import view_box
from tests.support.changes import PA_TO_BIDEN, parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import wait_for
from viewers.pages import card

WHOLE = view_box(shipped("us-states").view)
SHAPES = shipped("us-states").shape_of
MARKUP = {"story": {"headline": 'Pennsylvania & <its> "20" votes go to Biden'}}
AZ_TO_TRUMP = {
    "calls": {"president": {"AZ": {"status": "called", "party": "R"}}},
    "story": {"headline": "Arizona goes to Trump"},
}
COLOURS = {"D": (31, 95, 168), "R": (192, 39, 45), "": (230, 232, 235), "ground": (255, 255, 255)}


def colour(png: bytes, state: str) -> str:
    """Return the key in COLOURS of a state's main colour, left of the letter in its middle."""
    image = Image.open(BytesIO(png)).convert("RGB")
    x, y, width, height = map(float, WHOLE.split())
    scale = min(660 / width, 390 / height)
    left, top = 524 + (660 - width * scale) / 2, 36 + (390 - height * scale) / 2
    shape = SHAPES[state]
    label_x, label_y = shape.label
    middle = left + (label_x - x) * scale, top + (label_y - y) * scale
    area = image.crop((middle[0] - 12, middle[1] - 4, middle[0] - 6, middle[1] + 4))
    _, found = max(area.getcolors())
    return min(COLOURS, key=lambda name: math.dist(COLOURS[name], found))


class Meta(HTMLParser):
    """Parses a page; `found` has the content of its <meta> elements by name."""

    def __init__(self, page):
        super().__init__()
        self.found = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "meta" and "content" in attributes:
            name = attributes.get("property") or attributes.get("name")
            self.found[name] = attributes["content"]


class CardTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="A & B", contests=president(2020)
        )

    def publish(self, *changes):
        for change in changes:
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()

    def picture(self, query=""):
        return self.client.get(f"/broadcasts/night/picture.png{query}")

    def test_picture_shows_the_present_map(self):
        self.publish({"kind": "start"}, PA_TO_BIDEN, AZ_TO_TRUMP)
        response = self.picture()
        image = Image.open(BytesIO(response.content))
        self.assertEqual((image.format, image.size), ("PNG", (1200, 630)))
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertIn("max-age=5", response["Cache-Control"])
        for state, expected in (("PA", "D"), ("AZ", "R"), ("TX", "")):
            self.assertEqual(colour(response.content, state), expected, state)

    def test_pages_metadata_keeps_the_picture_of_its_moment(self):
        self.publish({"kind": "start"}, PA_TO_BIDEN | MARKUP)
        tags = Meta(self.client.get("/broadcasts/night/").content.decode()).found
        self.publish(AZ_TO_TRUMP)

        self.assertEqual(tags["og:title"], "A & B")
        self.assertEqual(tags["og:description"], MARKUP["story"]["headline"])
        self.assertEqual(tags["og:url"], "http://testserver/broadcasts/night/")
        self.assertEqual(tags["twitter:card"], "summary_large_image")
        self.assertIn("Biden 20, Trump 0", tags["og:image:alt"])
        address = urlsplit(tags["og:image"])
        self.assertEqual(address.netloc, "testserver")
        response = self.client.get(f"{address.path}?{address.query}")
        self.assertIn("max-age=86400", response["Cache-Control"])
        self.assertEqual(colour(response.content, "PA"), "D")
        self.assertEqual(colour(response.content, "AZ"), "")

    def test_characters_that_the_fonts_lack_are_left_out(self):
        self.publish({"kind": "start"})
        for headline, lines in {
            "Biden wins \U0001f389 Pennsylvania": ["Biden wins", "Pennsylvania"],
            "ولاية بنسلفانيا تذهب إلى بايدن": ["ولاية بنسلفانيا تذهب", "إلى بايدن"],
            "ペンシルベニア州": ["A & B"],  # the title of the broadcast
        }.items():
            self.publish({"story": {"headline": headline}})
            svg = card.card_svg(self.broadcast, self.broadcast.position)
            found = [unescape(each) for each in re.findall(r'<text class="headline.*?>(.*?)<', svg)]
            self.assertEqual(found, lines)

    def test_moment_has_its_own_picture(self):
        self.publish({"kind": "start"}, PA_TO_BIDEN, AZ_TO_TRUMP)
        page = self.client.get("/broadcasts/night/?at=2").content.decode()
        tags = Meta(page).found
        self.assertTrue(tags["og:image"].endswith(f"?at={self.broadcast.epoch}:2"))
        self.assertTrue(tags["og:url"].endswith("/broadcasts/night/?at=2"))

    def test_broadcast_has_a_picture_before_its_start(self):
        self.assertEqual(colour(self.picture().content, "PA"), "")

    def test_position_that_is_not_in_the_log_is_not_found(self):
        self.publish({"kind": "start"})
        for at in ("2", "x:1", f"{self.broadcast.epoch}:2", f"{self.broadcast.epoch}:-1", ""):
            self.assertEqual(self.picture(f"?at={at}").status_code, 404, at)
        self.assertEqual(self.client.get("/broadcasts/day/picture.png").status_code, 404)

    def test_characters_that_xml_does_not_allow_are_replaced(self):
        """Earlier versions stored them; `publish` here skips the parser, which rejects them."""
        headline = "Good \ufffe\uffff\x01 evening"
        publish(self.broadcast, Change(Kind.START, story=Story(headline)))
        Broadcast.objects.update(title="Ni\x0bght")

        self.assertEqual(colour(self.picture().content, "PA"), "")
        for page in ("", "replay/", "embed/", "recording.json"):
            address = f"/broadcasts/night/{page}"
            self.assertEqual(self.client.get(address, follow=True).status_code, 200, page)

    def test_each_position_is_drawn_once(self):
        self.publish({"kind": "start"})
        with mock.patch.object(subprocess, "run", wraps=subprocess.run) as run:
            for _ in range(3):
                self.picture()
                self.picture(f"?at={self.broadcast.position}")
        self.assertEqual(run.call_count, 1)

    def test_picture_before_the_start_follows_a_new_title(self):
        before = self.picture().content
        Broadcast.objects.filter(pk=self.broadcast.pk).update(title="Another title")

        self.assertNotEqual(self.picture().content, before)

    def test_spanish_picture_has_the_headline_in_english(self):
        self.publish({"kind": "start"}, AZ_TO_TRUMP)
        with override("es"):
            svg = card.card_svg(self.broadcast, self.broadcast.position)
        self.assertIn("Sin definir 527", svg)
        self.assertRegex(svg, r"Al \d+ \w+ \d{4}, \d+:\d\d [ap].\sm. E[SD]T")
        self.assertIn("Arizona goes to Trump", svg)
        self.assertNotEqual(
            self.client.get("/es/broadcasts/night/picture.png").content, self.picture().content
        )

    def test_rehearsal_has_an_orange_band(self):
        Broadcast.objects.update(rehearsal=True)
        image = Image.open(BytesIO(self.picture().content)).convert("RGB")
        self.assertEqual(image.getpixel((10, 10)), (255, 159, 28))


class WrapTests(SimpleTestCase):
    def test_headline_that_is_too_long_ends_with_an_ellipsis(self):
        lines = card.wrap("Pennsylvania " * 15)
        self.assertEqual(len(lines), len(card.LINES))
        self.assertTrue(lines[-1].endswith("…"))
        self.assertLessEqual(max(map(len, card.wrap("x" * 200))), card.LINE_LENGTH)


class ManyRequestsTests(TransactionTestCase):
    """Requests in threads, as the server has them, while drawing takes as long as a test wants."""

    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
        publish(self.broadcast, parse_change({"kind": "start"}))
        for number in range(1, card.MAX_PICTURES + 1):
            publish(self.broadcast, parse_change({"story": {"headline": f"Number {number}"}}))
        self.drawing = 0
        self.max_drawing = 0
        self.drawings = 0
        self.may_end = threading.Event()
        self.draw = subprocess.run
        self.enterContext(mock.patch.object(subprocess, "run", self.draw_slowly))
        self.connections = []
        connection_created.connect(self.add_connection)
        self.addCleanup(connection_created.disconnect, self.add_connection)
        self.pool = self.enterContext(ThreadPoolExecutor(card.MAX_WAITING + 1))
        self.addCleanup(self.may_end.set)

    def draw_slowly(self, *args, **options):
        self.drawings += 1
        self.drawing += 1
        self.max_drawing = max(self.max_drawing, self.drawing)
        self.may_end.wait()
        try:
            return self.draw(*args, **options)
        finally:
            self.drawing -= 1

    def add_connection(self, connection, **signal):
        self.connections.append(connection)

    def request(self, seq):
        return self.pool.submit(self.get, seq)

    def get(self, seq):
        address = f"/broadcasts/night/picture.png?at={self.broadcast.epoch}:{seq}"
        try:
            return Client().get(address)
        finally:
            connection.close()

    def open_connections(self):
        return sum(item.connection is not None for item in self.connections)

    def test_requests_for_one_picture_wait_for_one_drawing_without_a_connection(self):
        # PostgreSQL's connections are closed after use; SQLite's stay open.
        self.enterContext(mock.patch.dict(connections.settings["default"], CONN_MAX_AGE=0))
        requests = [self.request(seq=1) for _ in range(20)]
        wait_for(lambda: card.pictures.waiting == 19 and self.drawing == 1, "a drawing")

        self.assertGreaterEqual(len(self.connections), 20)
        wait_for(lambda: self.open_connections() == 0, "the connections to be closed")
        self.may_end.set()

        responses = [each.result() for each in requests]
        self.assertEqual({response.status_code for response in responses}, {200})
        self.assertEqual(len({response.content for response in responses}), 1)
        self.assertEqual(self.drawings, 1)

    def test_too_many_pictures_at_once_are_answered_with_503_at_once(self):
        requests = [self.request(seq) for seq in range(1, card.MAX_PICTURES + 1)]
        wait_for(lambda: card.pictures.running == card.MAX_PICTURES, "the drawings")

        with self.assertNoLogs("django.request", "ERROR"):
            response = self.get(card.MAX_PICTURES + 1)

        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.headers["Retry-After"], str(card.RETRY_AFTER))
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.may_end.set()
        self.assertEqual({each.result().status_code for each in requests}, {200})
        self.assertEqual(self.max_drawing, card.MAX_DRAWINGS)
        self.assertEqual(self.get(card.MAX_PICTURES + 1).status_code, 200)

    def test_too_many_requests_for_one_picture_are_answered_with_503_at_once(self):
        requests = [self.request(seq=1) for _ in range(card.MAX_WAITING + 1)]
        wait_for(lambda: card.pictures.waiting == card.MAX_WAITING, "the others to wait")

        with self.assertNoLogs("django.request", "ERROR"):
            self.assertEqual(self.get(seq=1).status_code, 503)

        self.may_end.set()
        self.assertEqual({each.result().status_code for each in requests}, {200})
