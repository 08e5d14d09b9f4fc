"""Middleware of the project."""

import logging
import os
from codecs import lookup
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import BadRequest
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils.decorators import sync_only_middleware
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import NotARegularFileError, StaticFile

from mapcenter.unavailable import NO_DATABASE, STATUS, unavailable
from viewers.pages.single_flight import release_connection
from viewers.transports.etags import etag_matches

logger = logging.getLogger(__name__)

NO_SERVICE = (OperationalError, InterfaceError, InternalError, ProgrammingError)
"""Errors of the database, not of a request: it is down, locked, full, or lacks a column. Other
errors mean that a view has a bug."""

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class DatabaseConnections:
    """Ends the use of the database with the response, and answers when there is no database.

    It must be first in the list. Django itself closes the connection when the response is sent, so
    a client that does not read it would hold a connection.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self.get_response(request)
        finally:
            release_connection()
        if response.status_code == STATUS:
            # Django would log each of them as an error. They come by the hundred, and the code that
            # sends one logs the change of state.
            response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return 503 if a view failed because of the database."""
        if not isinstance(error, NO_SERVICE):
            return None
        # A page rush must not fill the log with one trouble.
        logger.error("pages cannot use the database", exc_info=error, extra={"a_minute": 1})
        accept = request.headers.get("Accept", "")
        headers, body = unavailable(NO_DATABASE, request.method or "", accept)
        return HttpResponse(body, status=STATUS, headers=headers)


@sync_only_middleware
def usable_text(get_response: GetResponse) -> GetResponse:
    """Answer 400 to text that no address takes, and at which views would fail.

    PostgreSQL refuses NUL. A form may name any of Python's encodings, some of which decode to lone
    surrogates or are for bytes. Django itself refuses them in forms without files only, and fails
    when the page of that error reads the form again.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or "%00" in request.META["QUERY_STRING"]:
            raise BadRequest("The address has a NUL.")
        encoding = request.encoding or "utf-8"
        if request.content_type in FORMS and lookup(encoding).name != "utf-8":
            request.encoding = "utf-8"  # the error's page reads the form, too
            raise BadRequest(f"The form is not in UTF-8 but in {encoding}.")
        return get_response(request)

    return middleware


@sync_only_middleware
def admin_methods(get_response: GetResponse) -> GetResponse:
    """Answer 405 to methods that the admin does not have: its views would handle them like GET."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/") and request.method not in ADMIN_METHODS:
            return HttpResponseNotAllowed(ADMIN_METHODS)
        return get_response(request)

    return middleware


FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
ADMIN_METHODS = ("GET", "HEAD", "POST")


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise that also works during an upgrade.

    WhiteNoise lists the files when a process starts. During a rolling restart a page of a new
    process may ask an old one for a file that `collectstatic` has added since, so a file that is
    not listed is looked up on disk. If it is not there either, another server may have it, or this
    one a moment later, so caches must not keep the 404.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        static_file = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static_file is None and path.startswith(self.static_prefix):
            static_file = self.find_new_file(path)
        if static_file is not None:
            return self.serve(static_file, request)
        response = self.get_response(request)
        if path.startswith(self.static_prefix) and response.status_code == HTTPStatus.NOT_FOUND:
            response["Cache-Control"] = "no-store"
        return response

    def find_new_file(self, url: str) -> StaticFile | None:
        """Return a file that was collected after the start.

        It is not listed, since `collectstatic` may still be writing it.
        """
        root = os.path.abspath(self.static_root)
        path = os.path.join(root, url[len(self.static_prefix) :])
        if not self.url_is_canonical(url) or not self.path_is_child_of(path, root + os.sep):
            return None
        try:
            return self.find_file_at_path(path, url)
        except (NotARegularFileError, ValueError):  # ValueError: a path with a null character
            return None

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponseBase:
        """Serve a file. WhiteNoise compares ETags as strings; here they are parsed first."""
        wanted = request.META.get("HTTP_IF_NONE_MATCH")
        etag = getattr(static_file, "etag", None)  # a redirect has none
        if wanted is not None and etag and etag_matches(wanted, etag):
            request.META["HTTP_IF_NONE_MATCH"] = etag
        return WhiteNoiseMiddleware.serve(static_file, request)
