"""The application as an ASGI server sees it."""

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mapcenter.settings")
pages: Any = get_asgi_application()  # first: it loads the apps that the imports below need

from broadcaster.desk import schedule  # noqa: E402
from broadcaster.routing import websocket_urlpatterns as desk_urlpatterns  # noqa: E402
from viewers.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402

desk = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(desk_urlpatterns)))

routes = ProtocolTypeRouter(
    {
        "http": URLRouter([*http_urlpatterns, re_path("", pages)]),
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
    """The first use starts this process's look at the clock: ASGI servers have no other moment
    in common. Under `serve` it has started before."""
    schedule.start_watching()
    await routes(scope, receive, send)
