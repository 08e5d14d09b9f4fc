"""The health endpoints: alive, ready, and this process's figures."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from broadcaster.models import Broadcast
from viewers.fanout.metrics import CONTENT_TYPE, exposition
from viewers.registry import relays

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """This process can do its work: 200, or 503 with the reason."""
    try:
        Broadcast.objects.exists()
    except DatabaseError:
        logger.exception("not ready")
        return JsonResponse({"ready": False, "error": "the database cannot be asked"}, status=503)
    if relays.closing is not None:
        return JsonResponse({"ready": False, "error": "draining"}, status=503)
    return JsonResponse({"ready": True})


async def metrics(request: HttpRequest) -> HttpResponse:
    """Viewers and deliveries of this process. In the event loop, which alone may look at hubs."""
    return HttpResponse(exposition(relays.running), content_type=CONTENT_TYPE)
