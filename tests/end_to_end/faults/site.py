"""A site with a database of its own, for tests of what happens when something is in trouble."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from websockets.sync.client import ClientConnection, connect

from tests.support.server import LIMIT, ServeProcess

SETUP = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth import get_user_model
from broadcaster.models import ApiToken, Broadcast
from broadcaster.publishing.lineup import choose
contests = choose({"president": "us-president-2020"})
Broadcast.objects.create(slug="night", title="Night", contests=contests, approval="never")
chief = get_user_model().objects.create_superuser("chief")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(chief.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = chief.get_session_auth_hash()
session.create()
print(ApiToken.issue(chief), session.session_key)
"""
CSRF = "c" * 32


class Site:
    """A server for the database at `url`, with a broadcast and a user who may do everything."""

    def __init__(self, url: str, command: str = "serve", **environment: str) -> None:
        self.server = ServeProcess(command, DATABASE_URL=url, **environment)
        self.url = self.server.url
        self.fill_database()

    def fill_database(self) -> None:
        """Make the tables, the broadcast and the user."""
        self.server.manage("migrate", "--verbosity", "0")
        printed = self.server.manage("shell", "--verbosity", "0", "-c", SETUP)
        self.token, self.session = printed.split()[-2:]
        self.cookies = f"sessionid={self.session}; csrftoken={CSRF}"

    def request(
        self, path: str, data: object = None, url: str | None = None, **headers: str
    ) -> tuple[int, str, Any]:
        """Return status, body and headers of the answer, of the server at `url` if given."""
        body = None if data is None else json.dumps(data).encode()
        request = Request(f"{url or self.url}{path}", body, headers)
        try:
            with urlopen(request, timeout=LIMIT) as response:
                return response.status, response.read().decode(errors="replace"), response.headers
        except HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def publish(
        self, change: dict, url: str | None = None, **more: object
    ) -> tuple[int, dict, Any]:
        """Publish through the API; return status, answer and headers."""
        path = "/api/broadcasts/night/updates"
        status, body, headers = self.request(
            path, change | more, url, Authorization=f"Bearer {self.token}"
        )
        answer = json.loads(body) if "json" in headers["Content-Type"] else {"error": body}
        return status, answer, headers

    def post_command(self, command: dict) -> tuple[int, dict]:
        """Post a command of the console; return status and answer."""
        status, body, _ = self.request(
            "/admin/broadcaster/broadcast/1/console/command",
            command,
            **{"Cookie": self.cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json"},
        )
        return status, json.loads(body)

    def console(self) -> ClientConnection:
        """Open the console's socket."""
        return connect(
            f"{self.url}/admin/broadcaster/broadcast/1/console/ws".replace("http", "ws", 1),
            origin=self.url,
            additional_headers={"Cookie": self.cookies},
            open_timeout=LIMIT / 3,
            close_timeout=1,  # a frozen server does not answer a close frame
        )


def command(socket, **arguments: object) -> dict:
    """Send a command on the console's socket; return the answer."""
    socket.send(json.dumps({"id": 7, **arguments}))
    return frame(socket, "answer")


def frame(socket, kind: str) -> dict:
    """Return the next frame of a kind."""
    while (found := json.loads(socket.recv(LIMIT)))["t"] != kind:
        pass
    return found
