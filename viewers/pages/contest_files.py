"""The files of a contest's edition: its document, and the blank parts of pages that show it.

Their addresses name the content, so caches may keep them for good.
"""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from broadcaster.domain.show import Edition
from broadcaster.models import ContestEdition
from broadcaster.models.contests import edition
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture
from viewers.pages.recording_json import YEAR


def contest_json(request: HttpRequest, digest: str) -> HttpResponse:
    """Return the document, and its form for scripts in the language of the address.

    Scripts of any origin may read it.
    """
    found = _edition(digest)
    response = JsonResponse({"contest": found.contest.to_dict(), "data": contest_data(found, _)})
    response["Access-Control-Allow-Origin"] = "*"
    return _kept(response)


def contest_html(request: HttpRequest, digest: str) -> HttpResponse:
    """Return tally, map, legend and table of the contest before any call, as a part of pages.

    Scripts add the version of Map Center to the address, since the markup belongs to it.
    """
    picture = Picture(_edition(digest), {}, gettext=_)
    response = render(request, "viewers/contest.html", {"picture": picture})
    response["Access-Control-Allow-Origin"] = "*"
    return _kept(response)


def _edition(digest: str) -> Edition:
    try:
        return edition(digest)
    except ContestEdition.DoesNotExist as error:
        raise Http404 from error


def _kept(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response
