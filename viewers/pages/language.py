"""The language of a page, which its address alone decides: below /es/ Spanish, else English.

No cookie and no header has a say, so every address is one page for everyone, and may be cached.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import translate_url
from django.utils.translation import deactivate, get_language


class LanguageByAddress(LocaleMiddleware):
    """Django's own adds that answers vary by Accept-Language, which is not so."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", get_language())
        deactivate()  # whatever this thread does next is in English
        return response


def switch(request: HttpRequest) -> dict[str, Callable[[], list[tuple[str, Any, str]]]]:
    """For templates: `other_languages`, (code, name, address of the same page) each."""
    here = request.get_full_path()

    def other_languages() -> list[tuple[str, Any, str]]:
        others = [pair for pair in settings.LANGUAGES if pair[0] != get_language()]
        addresses = [translate_url(here, code) for code, _ in others]
        return [(*pair, to) for pair, to in zip(others, addresses, strict=True) if to != here]

    return {"other_languages": other_languages}
