"""Django's ASGI handler, with middleware and view of a request in one thread."""

from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler


class OneThreadHandler(ASGIHandler):
    """Calls the whole chain of middleware and the view at once, in the thread of the request.

    Django's own handler hops to the thread for the middleware, back to the event loop, and to the
    thread again for the view. No middleware or view here is asynchronous.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: Any) -> Any:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


def make_handler() -> OneThreadHandler:
    """Set up Django and return its application, as `get_asgi_application` does."""
    django.setup(set_prefix=False)
    return OneThreadHandler()
