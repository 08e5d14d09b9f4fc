"""The health endpoints: alive, ready, and the metrics.

They are plain ASGI applications. So they wait behind no page, and answer whatever the Host header
is: probes often send the IP address of the server that they ask.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings

from viewers.ops.metrics import CONTENT_TYPE, exposition
from viewers.ops.readiness import Readiness
from viewers.registry import relays

readiness = Readiness()


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP response."""

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    allow: str = ""


WRONG_METHOD = Response(b"", "text/plain", HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD")


def endpoint(respond: Callable[[], Awaitable[Response]]) -> Any:
    """Make an ASGI application of a function that returns the response to a GET."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        allowed = scope["method"] in ("GET", "HEAD")
        response = await respond() if allowed else WRONG_METHOD
        headers = [
            (b"content-type", response.content_type.encode()),
            (b"content-length", str(len(response.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if response.allow:
            headers.append((b"allow", response.allow.encode()))
        status = int(response.status)
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


@endpoint
async def healthz() -> Response:
    """Answer 200: this process is alive."""
    return Response(f"ok {settings.VERSION}\n".encode(), "text/plain")


@endpoint
async def readyz() -> Response:
    """Answer 200 if this process can do its work, or 503 with the reason."""
    problem = "draining" if relays.draining else await readiness.problem()
    content = {"ready": False, "error": problem} if problem else {"ready": True}
    status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
    return Response(json.dumps(content).encode(), "application/json", status)


@endpoint
async def metrics() -> Response:
    """Answer with the metrics: see `exposition`."""
    return Response(await exposition(), CONTENT_TYPE)


ENDPOINTS = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
"""By exact path: Channels' routes would match //metrics, too, which proxies do not block."""
