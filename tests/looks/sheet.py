"""One picture of several views: rows of screenshots at their scales, each with its label."""

import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

GROUND, INK = "#c3c7ce", "#23262b"
GAP, LABEL = 24, 28  # pixels: between views, and the height of a label
QUALITIES = (75, 60, 50, 40)  # of WebP: the first that is small enough, or the last
LARGEST = 160_000  # bytes
COLOURS = 128  # of a picture that has one view


class View(NamedTuple):
    """A screenshot as PNG, how much of its size it has in the picture, and its label."""

    label: str
    png: bytes
    scale: float


def save(rows: list[list[View]], path: Path) -> int:
    """Write a picture as WebP. Return its size in bytes."""
    font = ImageFont.load_default(16)
    drawn = [[(view.label, _scaled(view)) for view in row] for row in rows]
    widths = [sum(image.width + GAP for _, image in row) - GAP for row in drawn]
    heights = [max(image.height for _, image in row) + LABEL for row in drawn]
    size = (max(widths) + 2 * GAP, sum(heights) + GAP * (len(rows) + 1))
    sheet = Image.new("RGB", size, GROUND)
    draw, top = ImageDraw.Draw(sheet), GAP
    for row, height in zip(drawn, heights, strict=True):
        left = GAP
        for label, image in row:
            draw.text((left, top), label, INK, font)
            sheet.paste(image, (left, top + LABEL))
            left += image.width + GAP
        top += height + GAP
    for quality in QUALITIES:
        file = io.BytesIO()
        sheet.save(file, "webp", quality=quality, method=4)
        if file.tell() <= LARGEST:
            break
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(file.getvalue())
    return file.tell()


def save_alone(png: bytes, path: Path) -> None:
    """Write one screenshot as PNG of few colours, a third of its size."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _scaled(view: View) -> Image.Image:
    image = Image.open(io.BytesIO(view.png)).convert("RGB")
    size = round(image.width * view.scale), round(image.height * view.scale)
    return image if view.scale == 1 else image.resize(size, Image.Resampling.LANCZOS)
