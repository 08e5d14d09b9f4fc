"""The health endpoints: alive, ready, and the metrics of this process."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from broadcaster.models import Broadcast
from broadcaster.publishing.database import write_problem
from viewers.ops.metrics import CONTENT_TYPE, exposition
from viewers.registry import relays

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200: this process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if this process can do its work, or 503 with the reason."""
    try:
        Broadcast.objects.exists()
        problem = write_problem()
    except DatabaseError:
        logger.exception("not ready")
        return JsonResponse({"ready": False, "error": "the database cannot be read"}, status=503)
    if problem:
        return JsonResponse({"ready": False, "error": problem}, status=503)
    if relays.closing is not None:
        return JsonResponse({"ready": False, "error": "draining"}, status=503)
    return JsonResponse({"ready": True})


async def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the metrics of this process. Runs in the event loop: hubs are not thread-safe."""
    return HttpResponse(exposition(relays.running), content_type=CONTENT_TYPE)
