"""The server's HTTP side as the swarm uses it: health, metrics, snapshot, publishing."""

import http.client
import json
import re
from dataclasses import dataclass
from typing import Any

from loadtest.common.plan import ELECTION, Target

VIEWERS = re.compile(r'^mapcenter_viewers\{broadcast="([^"]+)",transport="([^"]+)"\} (\d+)', re.M)


class Unanswered(Exception):
    """The server gave no answer, or not the one that the swarm needs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is the decoded JSON, {} if the body is none."""

    status: int
    body: bytes
    data: dict[str, Any]


class Api:
    """One connection, kept alive. Blocks. Methods raise `Unanswered`."""

    def __init__(self, target: Target, token: str = "", timeout: float = 30.0) -> None:
        kind = http.client.HTTPSConnection if target.secure else http.client.HTTPConnection
        self._connection = kind(target.host, target.port, timeout=timeout)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = target.url

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """One request, twice if the server had closed the idle connection meanwhile.

        Whatever is posted carries a `client_id` or creates by slug, so twice is once.
        """
        data = None if body is None else json.dumps(body)
        for last in (False, True):
            try:
                self._connection.request(method, path, data, self._headers)
                return _read(self._connection.getresponse())
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                idle = isinstance(error, http.client.RemoteDisconnected | BrokenPipeError)
                if last or not idle:
                    raise Unanswered(f"{type(error).__name__}: {error}") from error
        raise AssertionError

    def ready(self) -> Answer:
        """Whether the server can do its work."""
        return self.request("GET", "/readyz")

    def create(self, slug: str) -> Answer:
        """Make an unlisted broadcast."""
        body = {"slug": slug, "title": "Viewer swarm", "listed": False, "election": ELECTION}
        return self.request("POST", "/api/broadcasts", body)

    def publish(self, slug: str, change: dict[str, Any]) -> Answer:
        """Publish one change; 201 with its epoch and seq."""
        return self.request("POST", f"/api/broadcasts/{slug}/updates", change)

    def snapshot(self, slug: str) -> Answer:
        """The map as the server has it."""
        return self.request("GET", f"/broadcasts/{slug}/snapshot.json")

    def viewers(self, slug: str) -> dict[str, int]:
        """Viewers by transport, as the process that answers counts them."""
        text = self.request("GET", "/metrics").body.decode()
        return {found[1]: int(found[2]) for found in VIEWERS.findall(text) if found[0] == slug}


def _read(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    try:
        data = json.loads(body)
    except ValueError:
        data = {}
    return Answer(response.status, body, data if isinstance(data, dict) else {})
