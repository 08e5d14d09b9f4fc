"""Large bodies: read for staff only, so that other users cannot fill the disk."""

from http import HTTPStatus
from typing import Any

from channels.auth import AuthMiddlewareStack
from django.db import DatabaseError

from viewers.protocol.frames import Close
from viewers.transports.longpoll import closing_response, error_response
from viewers.transports.whole_response import respond

LOG_IN = error_response(HTTPStatus.FORBIDDEN, "user", "is not logged in as staff")


class StaffUploads:
    """An ASGI application that passes a request on if its user is staff.

    Otherwise it answers 403 before a byte of the body is read: Django would write the whole body
    to disk before it looks who sent it.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        allowed: list[bool] = []

        async def check(scope: Any, receive: Any, send: Any) -> None:
            allowed.append(scope["user"].is_active and scope["user"].is_staff)

        try:
            await AuthMiddlewareStack(check)(scope, receive, send)
        except DatabaseError:
            return await respond(send, closing_response(Close.FULL))
        if not all(allowed):
            return await respond(send, LOG_IN)
        await self.application(scope, receive, send)
