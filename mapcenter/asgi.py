"""The ASGI application, for `manage.py serve`, Daphne and every other ASGI server."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.urls import re_path

from mapcenter.one_thread import make_handler
from mapcenter.state import prepare_state

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mapcenter.settings")
prepare_state()
django: Any = make_handler()  # first, since the imports below need loaded apps

from broadcaster.desk import schedule  # noqa: E402
from broadcaster.routing import websocket_urlpatterns as desk_urlpatterns  # noqa: E402
from mapcenter.answer_timeout import answered  # noqa: E402
from mapcenter.request_limits import limited  # noqa: E402
from viewers.ops import health  # noqa: E402
from viewers.registry import shared  # noqa: E402
from viewers.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Give Django the whole path of a request: the proxy has removed PATH_PREFIX."""
    await django({**scope, "path": settings.PATH_PREFIX + scope["path"]}, receive, send)


# The console reads its user itself, at every command. Reading it here would fail, without an
# answer, while the database is down.
desk = AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(desk_urlpatterns)))

polls_and_pages = URLRouter([*http_urlpatterns, re_path("", answered(limited(pages)))])
viewers_and_pages = shared.in_front_of(polls_and_pages)


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Answer health checks before everything else, so that nothing delays them."""
    await health.ENDPOINTS.get(scope["path"], viewers_and_pages)(scope, receive, send)


routes = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(
            [
                *websocket_urlpatterns,
                re_path("^admin/", desk),
                re_path("", WebsocketDenier.as_asgi()),
            ]
        ),
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Route a connection, and start this process's checks of the schedule with the first one.

    ASGI servers have no earlier moment in common: Daphne has no lifespan events. `serve` starts
    them itself before the first connection.
    """
    schedule.start_checking()
    await routes(scope, receive, send)
