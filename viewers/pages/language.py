"""The language of a page: Spanish below /es/, English everywhere else.

The address alone decides, not a cookie or a header, so that caches may keep one page per address.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import translate_url
from django.utils.translation import deactivate, get_language


class LanguageByAddress(LocaleMiddleware):
    """Django's middleware without `Vary: Accept-Language`, which would divide caches."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", get_language())
        deactivate()  # so that the thread's next task is in English
        return response


def switch(request: HttpRequest) -> dict[str, Callable[[], list[tuple[str, Any, str]]]]:
    """Give templates `other_languages`: (code, name, address of the same page) for each."""
    here = request.get_full_path_info()  # without PATH_PREFIX, which the result has

    def other_languages() -> list[tuple[str, Any, str]]:
        others = [pair for pair in settings.LANGUAGES if pair[0] != get_language()]
        addresses = [translate_url(here, code) for code, _ in others]
        return [(*pair, to) for pair, to in zip(others, addresses, strict=True) if to != here]

    return {"other_languages": other_languages}
