"""Portraits within contests' documents: what is one, and where pages show it."""

from base64 import b64encode

from django.template.loader import render_to_string
from django.test import SimpleTestCase

from broadcaster.domain.portrait import MAX_BYTES, parse_portrait
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import Edition
from broadcaster.rendering.picture import Picture
from tests.support.contests import lakeland, lakeland_geometry, parsed
from tests.support.portrait import portrait

PNG = b"\x89PNG\r\n\x1a\n"


def data(content, kind="png"):
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


class Portraits(SimpleTestCase):
    def test_small_pictures_are_portraits(self):
        for found in (portrait(), data(PNG.ljust(MAX_BYTES)), data(b"RIFF....WEBP", "webp")):
            self.assertEqual(parse_portrait("portrait", found), found)
        self.assertEqual(parse_portrait("portrait", None), "")

    def test_everything_else_has_a_problem(self):
        kinds = "is not data:image/…;base64,… of png, jpeg, webp"
        for value, problem in {
            7: kinds,
            "https://example.org/biden.png": kinds,
            data(b"<svg/>", "svg+xml"): kinds,
            f'{portrait()}" onload="alert()': kinds,
            "data:image/png;base64,iVBORw0KGgo=A": kinds,
            "data:image/png;base64,iVBOR": "is not base64",
            data(PNG, "jpeg"): "is not a jpeg picture",
            data(PNG.ljust(MAX_BYTES + 1)): "has 6145 bytes; there can be 6144 at most",
        }.items():
            with self.subTest(value=value), self.assertRaises(InvalidInput) as caught:
                parse_portrait("parties.1.portrait", value)
            self.assertEqual(caught.exception.problem, problem)

    def test_portrait_is_beside_the_score_of_its_party(self):
        document = lakeland()
        document["parties"][0]["portrait"] = portrait()
        picture = Picture(Edition(*parsed(document, lakeland_geometry())), {})
        html = render_to_string("broadcaster/picture/tally.html", {"picture": picture})
        self.assertEqual(html.count("<img"), 1)
        self.assertInHTML(
            f'<img class="portrait" width="64" height="64" src="{portrait()}" alt="">', html
        )
