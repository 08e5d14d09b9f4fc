"""A portrait for tests."""

from base64 import b64encode
from io import BytesIO

from PIL import Image


def portrait(colour: str = "teal") -> str:
    """Return a small square picture as a data: URI."""
    file = BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
