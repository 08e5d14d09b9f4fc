"""Pages for viewers, rendered whole on the server, and the health endpoints. No cookies."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control

from broadcaster import history
from broadcaster.mapstate import ON_AIR
from broadcaster.models import Broadcast
from broadcaster.picture import Picture
from viewers.routing import relays


def front(request: HttpRequest) -> HttpResponse:
    """What is on air now, what is next, past broadcasts."""
    listed = Broadcast.objects.filter(listed=True)
    response = render(
        request,
        "viewers/front.html",
        {
            "on_air": listed.filter(phase__in=ON_AIR),
            "coming": listed.filter(phase="scheduled").order_by("starts_at"),
            "past": listed.filter(phase="ended"),
        },
    )
    patch_cache_control(response, public=True, max_age=5)
    return response


def broadcast(request: HttpRequest, slug: str) -> HttpResponse:
    """The viewer page: map, table and state as they stand; the script takes it from there."""
    found = get_object_or_404(Broadcast, slug=slug)
    snapshot = history.snapshot(found)
    response = render(
        request,
        "viewers/broadcast.html",
        {
            "broadcast": found,
            "picture": Picture(snapshot.state),
            "snapshot": snapshot.to_dict(),
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


def healthz(request: HttpRequest) -> HttpResponse:
    """This process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """This process can do its work: 200, or 503 with the reason."""
    try:
        Broadcast.objects.exists()
    except DatabaseError as error:
        return JsonResponse({"ready": False, "error": f"database: {error}"}, status=503)
    if relays.closing is not None:
        return JsonResponse({"ready": False, "error": "draining"}, status=503)
    return JsonResponse({"ready": True})


def metrics(request: HttpRequest) -> HttpResponse:
    """Viewers in this process, in Prometheus' text format."""
    lines = ["# TYPE mapcenter_viewers gauge"]
    for relay in relays.running:
        for transport, count in relay.hub.counts.items():
            lines.append(
                f'mapcenter_viewers{{broadcast="{relay.slug}",transport="{transport}"}} {count}'
            )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
