"""The eight looks: contrast, and how they look to people with each kind of colour blindness."""

import re
from itertools import combinations
from pathlib import Path
from unittest import TestCase

import numpy as np
from django.template.loader import get_template, render_to_string
from django.test import SimpleTestCase

from broadcaster.domain.contest import Look

CSS = (
    Path(__file__).parents[3] / "broadcaster/static/broadcaster/rendering/picture.css"
).read_text()

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
VISIONS = {
    "full colour vision": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
DIFFERENT = 17.0  # of CIELAB: a just noticeable difference is 2.3


def linear(colour: str) -> np.ndarray:
    """Return linear RGB of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    value = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """Return CIELAB of linear RGB."""
    xyz = TO_XYZ @ np.clip(light, 0, 1) / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def colours(theme: str) -> dict[str, str]:
    """Return the custom properties of the light or the dark theme."""
    light, system, switched = re.findall(r"(?s):root[^{]*\{(.*?)\}", CSS)[:3]
    if theme == "dark":
        assert re.findall(r"--.*", system) == re.findall(r"--.*", switched)
    block = light if theme == "light" else system
    return dict(re.findall(r"--([\w-]+): (#\w+);", block))


class LookColours(TestCase):
    def test_looks_differ_in_pairs_for_every_kind_of_colour_vision(self):
        for theme in ("light", "dark"):
            found = colours(theme)
            inks = {look: found[f"look-{look}"] for look in Look}
            inks["uncalled"] = found["map-uncalled"]
            for vision, matrix in VISIONS.items():
                seen = {name: lab(matrix @ linear(ink)) for name, ink in inks.items()}
                for one, other in combinations(seen, 2):
                    with self.subTest(theme=theme, vision=vision, one=one, other=other):
                        distance = np.linalg.norm(seen[one] - seen[other])
                        self.assertGreaterEqual(distance, DIFFERENT)

    def test_letters_on_every_look_are_readable(self):
        for theme in ("light", "dark"):
            found = colours(theme)
            for look in Look:
                with self.subTest(theme=theme, look=look):
                    ratio = contrast(found[f"look-{look}"], found[f"on-{look}"])
                    self.assertGreaterEqual(ratio, 4.5)

    def test_looks_stand_out_from_the_uncalled_by_colour_or_by_a_dark_border(self):
        outlined = set(re.search(r"\.map-shapes :is\((.*?)\) \{", CSS)[1].split('"')[1::2])
        for theme in ("light", "dark"):
            found = colours(theme)
            for look in Look:
                with self.subTest(theme=theme, look=look):
                    ink = found[f"look-{look}"]
                    beside = found[f"on-{look}" if look in outlined else "map-uncalled"]
                    self.assertGreaterEqual(contrast(ink, beside), 3.0)

    def test_words_and_borders_have_enough_contrast(self):
        for theme in ("light", "dark"):
            found = {name.removeprefix("map-"): colour for name, colour in colours(theme).items()}
            for one, other, least in (
                ("text", "ground", 4.5),
                ("quiet", "ground", 4.5),
                ("alert", "ground", 4.5),
                ("text", "uncalled", 4.5),
                ("uncalled", "uncalled-border", 3.0),
                ("look-blue", "border", 3.0),
                ("look-red", "border", 3.0),
            ):
                with self.subTest(theme=theme, one=one, other=other):
                    self.assertGreaterEqual(contrast(found[one], found[other]), least)

    def test_borders_between_uncalled_races_are_visible(self):
        for theme, least in (("light", 1.35), ("dark", 1.5)):
            found = colours(theme)
            with self.subTest(theme=theme):
                self.assertGreaterEqual(contrast(found["map-uncalled"], found["map-border"]), least)


class LookCopies(SimpleTestCase):
    def test_icon_and_link_card_have_the_colours_of_the_map(self):
        light = colours("light")
        icon = render_to_string("viewers/base.html")
        for look in ("blue", "red"):
            self.assertIn(f"fill='{light[f'look-{look}']}'".replace("#", "%23"), icon)
        card = get_template("viewers/card.svg").template.source
        for look in Look:
            rule = f'.ink[data-look="{look}"] {{ fill: {light[f"look-{look}"]} }}'
            self.assertIn(rule, card)


class LookPatterns(SimpleTestCase):
    def test_every_look_but_grey_has_a_pattern_of_its_own(self):
        html = render_to_string("broadcaster/picture/patterns.html")
        found = dict(re.findall(r'(?s)<pattern id="fill-(\w+)"(.*?)</pattern>', html))
        patterns = {look: found[look].replace(look, "") for look in Look if look != "grey"}
        self.assertEqual(len(set(patterns.values())), len(Look) - 1)
        for look in patterns:
            self.assertIn(f'.map-shapes [data-look="{look}"]', CSS)
            self.assertIn(f'[data-look="{look}"] .swatch', CSS)
