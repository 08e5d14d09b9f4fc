"""The site that is fuzzed: what it holds, and what its pages let people send."""

import http.client
import json
import socket
from functools import cache
from http import HTTPStatus
from typing import Any

from tests.end_to_end.faults.fuzz_page import PageInputs
from tests.end_to_end.faults.fuzz_requests import Request
from tests.end_to_end.faults.site import Site
from tests.support.addresses import fill

SLUGS = ("night", "quiet", "over")
FILL = """
import json
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from broadcaster.models import *
from broadcaster.models.log import Rebroadcast
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish
from loadtest.models import LoadTest, LoadTestRun
from tests.support.changes import parse_change
from tests.support.contests import president
chief = get_user_model().objects.get(username="chief")
by = Actor(chief, Via.COMMAND)
for slug in ("quiet", "over", "after"):
    Broadcast.objects.create(slug=slug, title=slug, contests=president(2020), approval="never")
PA = {"president": {"PA": {"status": "called", "party": "D"}}}
CALL = {"calls": PA, "story": {"headline": "PA"}}
for slug, change in (
    *(("over", change) for change in ({"kind": "start"}, CALL, {"kind": "end"})),
    *(("night", change) for change in ({"kind": "start"}, CALL)),
    ("after", {"kind": "start"}),
):
    publish(Broadcast.objects.get(slug=slug), parse_change(change), by)
over = Broadcast.objects.get(slug="over")
times = {"starts_at": timezone.now(), "ends_at": timezone.now()}
again = Rebroadcast.objects.create(broadcast=over, epoch=over.epoch, seq=3, by=chief, **times)
test = LoadTest.objects.first()
runs = [LoadTestRun.objects.create(test=test, name=test.name).pk for _ in range(2)]
other = get_user_model().objects.create_user("somebody", is_staff=True)
ids = {
    "admin/broadcaster/broadcast/": [b.pk for b in Broadcast.objects.exclude(slug="after")],
    "admin/broadcaster/publication/": [p.pk for p in Publication.objects.all()],
    "admin/broadcaster/apitoken/": [t.pk for t in ApiToken.objects.all()],
    "admin/broadcaster/auditentry/": [a.pk for a in AuditEntry.objects.all()],
    "admin/broadcaster/contestdocument/": [c.pk for c in ContestDocument.objects.all()[:3]],
    "admin/loadtest/loadtest/": [t.pk for t in LoadTest.objects.all()],
    "admin/loadtest/loadtestrun/": runs,
    "a": runs[:1],
    "b": runs[1:],
    "admin/auth/user/": [other.pk],
    "admin/auth/group/": [g.pk for g in Group.objects.all()],
    "number": [again.pk],
    "digest": [e.digest for e in ContestEdition.objects.all()],
    "content_type_id": [c.pk for c in ContentType.objects.all()],
}
print(json.dumps({"ids": ids, "direct": ApiToken.issue(chief, direct=True), "chief": chief.pk}))
"""


class FuzzSite(Site):
    """A site with broadcasts in every phase, whose addresses get requests of any kind.

    `recording` is the file of one of its broadcasts, `tokens` are for the API.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, HEARTBEAT="0.2")  # for polls that wait
        filled = json.loads(
            self.server.manage("shell", "--verbosity", "0", "-c", FILL).splitlines()[-1]
        )
        self.ids: dict[str, list[int | str]] = filled["ids"]
        self.chief = str(filled["chief"])
        self.tokens = (self.token, self.token, filled["direct"], "wrong")
        self.inputs = cache(self.find_inputs)

    @property
    def recording(self) -> dict[str, Any]:
        return self._recording

    def prepare(self) -> None:
        """Read what requests are made of. The server has to run."""
        self._recording = json.loads(self.request("/broadcasts/over/recording.json")[1])

    def parameters(self, route: str, name: str) -> list[object]:
        """Return values of a route's parameter for which there is something."""
        words = {
            "slug": [*SLUGS],
            "app_label": ["broadcaster", "auth"],
            "url": ["nothing", "auth"],
            "path": ["viewers/live/live.js", "admin/css/base.css", "viewers/", ""],
        }
        if name in words:
            return list(words[name])
        if name in self.ids:
            return list(self.ids[name])
        places = [place for place in self.ids if "/" in place and route.startswith(place)]
        return list(self.ids[places[0]] if places else self.ids["admin/broadcaster/broadcast/"])

    def find_inputs(self, route: str) -> PageInputs:
        """Return what the page at an address lets its users send."""
        names = {name: self.parameters(route, name)[0] for name in ("slug", "app_label", "url")}
        ids = ("pk", "object_id", "id", "number", "content_type_id", "path", "a", "b", "digest")
        parameters = names | {name: self.parameters(route, name)[-1] for name in ids}
        path = fill(route, parameters)
        status, body, headers = self.request(path, Cookie=self.cookies)
        is_page = status == HTTPStatus.OK and headers.get_content_type() == "text/html"
        inputs = PageInputs(body if is_page else "")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:  # its form is on another page
            inputs.posts, inputs.fields = True, {"starts_at_0": [""], "starts_at_1": [""]}
        rows = inputs.fields.get("_selected_action", [])
        if route.startswith("admin/auth/user/") and self.chief in rows:
            rows.remove(self.chief)
        return inputs

    def send(self, request: Request) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request on a connection of its own; return the response and its body."""
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as line:
            line.sendall(request.wire)
            response = http.client.HTTPResponse(line, method=request.method)
            response.begin()
            return response, response.read()
