"""A client for the server's HTTP interfaces: readiness, metrics, snapshot, publishing."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from broadcaster.domain.contest import Contest
from broadcaster.domain.decodable import decodable
from loadtest.common.script import CONTESTS
from loadtest.common.target import Target


class NoResponse(Exception):
    """The server did not answer."""


@decodable
class _Body(msgspec.Struct):
    """The keys of a JSON response that are used here."""

    error: str = ""
    seq: int = 0


@decodable
class _ContestFile(msgspec.Struct):
    """The key of a contest's file that is used here."""

    contest: Contest


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """`error` and `seq` are those of a JSON body; "" and 0 if it has none."""

    status: int
    body: bytes
    error: str = ""
    seq: int = 0
    location: str = ""  # where a redirect leads
    challenge: str = ""  # how the server wants to be authorized


class Api:
    """One keep-alive connection. Methods block, and raise `NoResponse`.

    The token is sent to the API only. A request has one Authorization header, so elsewhere it
    has the user and password of the URL.
    """

    def __init__(self, target: Target, token: str = "", timeout: float = 30.0) -> None:
        self._connection = (
            http.client.HTTPSConnection(
                target.host, target.port, timeout=timeout, context=target.tls
            )
            if target.secure
            else http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        )
        self._bearer = f"Bearer {token}" if token else target.authorization
        self._basic = target.authorization
        self._prefix = target.prefix
        self.url = target.url

    def request(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> ApiResponse:
        """Send one request, and send it again if the server had closed the idle connection.

        Sending twice is safe: updates carry a `client_id` as idempotency key, and a broadcast
        is created by its slug.
        """
        data = None if body is None else json.dumps(body)
        try:
            return self._send(method, path, data)
        except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is one of the first
            self._connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error
        try:
            return self._send(method, path, data)
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error

    def ready(self) -> ApiResponse:
        """Ask whether the server can do its work."""
        return self.request("GET", "/readyz")

    def create(self, slug: str) -> ApiResponse:
        """Create an unlisted broadcast."""
        body = {"slug": slug, "title": "Viewer swarm", "listed": False, "contests": CONTESTS}
        return self.request("POST", "/api/broadcasts", body)

    def publish(self, slug: str, change: Mapping[str, object]) -> ApiResponse:
        """Publish one change; status 201 with its seq."""
        return self.request("POST", f"/api/broadcasts/{slug}/updates", change)

    def snapshot(self, slug: str) -> ApiResponse:
        """Fetch the snapshot frame of the broadcast."""
        return self.request("GET", f"/broadcasts/{slug}/snapshot.json")

    def contest(self, digest: str) -> Contest:
        """Fetch the document of a contest. Raises `NoResponse` if the server does not have it."""
        response = self.request("GET", f"/contests/{digest}.json")
        try:
            return msgspec.json.decode(response.body, type=_ContestFile).contest
        except msgspec.DecodeError as error:
            words = f"contest {digest}: {response.status}, {error}"
            raise NoResponse(words) from error

    def metrics(self) -> ApiResponse:
        """Fetch the metrics of all processes on this port, in Prometheus' text format."""
        return self.request("GET", "/metrics")

    def _send(self, method: str, path: str, data: str | None) -> ApiResponse:
        authorization = self._bearer if path.startswith("/api/") else self._basic
        headers = {"Authorization": authorization} if authorization else {}
        self._connection.request(method, f"{self._prefix}{path}", data, headers)
        response = self._connection.getresponse()
        body = response.read()
        try:
            found = msgspec.json.decode(body, type=_Body)
        except msgspec.DecodeError:
            found = _Body()
        return ApiResponse(
            response.status,
            body,
            found.error,
            found.seq,
            location=response.headers.get("Location", ""),
            challenge=response.headers.get("WWW-Authenticate", ""),
        )

    def _failed(self, error: Exception) -> NoResponse:
        self._connection.close()
        return NoResponse(f"{type(error).__name__}: {error}")
