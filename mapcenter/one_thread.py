"""Django's ASGI handler, with middleware and view of a request in one thread."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

from mapcenter.request_limits import MAX_RUNNING

THREADS = ThreadPoolExecutor(MAX_RUNNING, "requests")
"""One for each request that the limits allow, so no request waits for a thread."""


class OneThreadHandler(ASGIHandler):
    """Calls the whole chain of middleware and the view at once, in a thread that many requests use.

    Django's own handler makes a thread for each request, and hops to it for the middleware, back to
    the event loop, and to the thread again for the view. No middleware or view here is
    asynchronous.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)  # without a thread of its own

    async def get_response_async(self, request: Any) -> Any:
        in_thread = sync_to_async(self.get_response, thread_sensitive=False, executor=THREADS)
        return await in_thread(request)

    async def send_response(self, response: Any, send: Any) -> None:
        """Send a response. One that comes in pieces gets a thread of its own: its disk may hang."""
        async with ThreadSensitiveContext():
            await super().send_response(response, send)


def make_handler() -> OneThreadHandler:
    """Set up Django and return its application, as `get_asgi_application` does.

    The middleware DatabaseConnections closes connections in their thread. Django would do it once
    more, in another thread.
    """
    django.setup(set_prefix=False)
    request_started.disconnect(close_old_connections)
    request_started.disconnect(reset_queries)
    return OneThreadHandler()
