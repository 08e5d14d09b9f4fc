"""Calls from a newsroom feed: into the rundown as proposed cues, or on air for a direct token."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcaster.desk.audit import Actor, record, refuse
from broadcaster.desk.commands import NOT_TAKEN, on_air, perform
from broadcaster.desk.permissions import PREPARE, TO_PUBLISH
from broadcaster.desk.requests import Answer, client_id
from broadcaster.desk.rundown import add, locked
from broadcaster.desk.takes import TITLE, describe
from broadcaster.domain.change import DECIDED, Change, InvalidChange
from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.feed import Feed, parse_feed, to_change, to_correction
from broadcaster.domain.rejection import Refused
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing.announce import announce_rundown
from broadcaster.publishing.publish import taken_as


def receive(broadcast: Broadcast, data: dict[str, Any], actor: Actor, direct: bool) -> Answer:
    """Do what the feed's message {"client_id", "calls", "headline"} says.

    202 {"cue"}: proposed, or waiting for a second person. 201 {"epoch", "seq"}: on air. 200
    {"withdrawn"}: proposals of its own that it took back. Else as the API answers.
    """
    try:
        name = client_id(data.pop("client_id", None))
        feed = parse_feed(data)
        with transaction.atomic():
            broadcast = locked(broadcast)
            if name and (answer := _earlier(broadcast, name, feed)):
                return answer
            return _receive(broadcast, feed, name, actor, direct)
    except (Refused, InvalidChange) as error:
        return refuse(error, actor, broadcast, "calls of a feed")


def _receive(
    broadcast: Broadcast, feed: Feed, name: str | None, actor: Actor, direct: bool
) -> Answer:
    standing = broadcast.state["calls"]
    more: dict[str, Any] = {}
    if feed.uncalls:
        if actor.user.has_perm(PREPARE) and (gone := _withdraw(broadcast, feed, actor)):
            more = {"withdrawn": gone}
        called = {u: c for u, c in feed.calls.items() if _is_called(standing.get(u, {}))}
        if more and not called:
            return HTTPStatus.OK, more
        if not called:
            raise Refused(f"{', '.join(feed.calls)}: not called, so there is nothing to take back.")
        corrects = _maker(broadcast, called)
        change = to_correction(called, feed.headline, corrects, broadcast.source)
    else:
        news = {u: c for u, c in feed.calls.items() if standing.get(u, {"status": "open"}) != c}
        if not news:
            raise Refused("Nothing would change: viewers see this already.")
        change = to_change(news, feed.headline, ELECTIONS[broadcast.election])
    status, answer = _submit(broadcast, change, name, actor, direct)
    return status, answer | more


def _submit(
    broadcast: Broadcast, change: Change, name: str | None, actor: Actor, direct: bool
) -> Answer:
    command: dict[str, Any] = {"change": change.to_dict(), "client_id": name}
    if direct and actor.user.has_perm(TO_PUBLISH[change.kind]):
        return perform(broadcast, {"command": "take", **command}, actor)
    title = describe(change)[:TITLE]
    status, answer = perform(broadcast, {"command": "prepare", "title": title, **command}, actor)
    if status == HTTPStatus.CREATED:
        return HTTPStatus.ACCEPTED, {**answer, "waiting": NOT_TAKEN}
    return status, answer


def _earlier(broadcast: Broadcast, name: str, feed: Feed) -> Answer | None:
    """The answer to the same message before."""
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    outcome: Any = rows.filter(client_id=name).first()
    if outcome is None and (cue := broadcast.cues.filter(client_id=name).first()):
        outcome = taken_as(broadcast, cue) or cue
    if outcome is None:
        return None
    calls = outcome.change.get("calls", {})
    if getattr(outcome, "version", 1) == 1 and not calls.items() <= feed.calls.items():
        raise Refused(f"client_id {name} was used for other calls.")
    return on_air(outcome)


def _withdraw(broadcast: Broadcast, feed: Feed, actor: Actor) -> list[int]:
    """Take proposals that call what the feed uncalls out of the rundown, scheduled or not: nobody
    must send them any more. What else they called is proposed anew."""
    gone = []
    for cue in broadcast.cues.filter(proposed=True, removed_at=None):
        calls = cue.change.get("calls", {})
        doubtful = {u for u, call in calls.items() if u in feed.calls and _is_called(call)}
        if not doubtful or taken_as(broadcast, cue):
            continue
        cue.removed_at = timezone.now()
        cue.due_at = cue.asked_by = cue.asked_at = None
        cue.save()
        record(actor, "removed", broadcast, f"{cue}: the feed uncalled it", cue=cue)
        announce_rundown(broadcast)
        gone.append(cue.pk)
        if rest := {u: call for u, call in calls.items() if u not in doubtful}:
            change = to_change(rest, "", ELECTIONS[broadcast.election])
            title = describe(change)[:TITLE]
            again = add(broadcast, title, change, by=actor.user, proposed=True)
            record(actor, "proposed", broadcast, title, cue=again)
    return gone


def _is_called(call: dict[str, str]) -> bool:
    return call.get("status") in DECIDED


def _maker(broadcast: Broadcast, calls: dict[str, dict[str, str]]) -> int:
    """The seq of the update that made all these calls. 0: they stood there from the start."""
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    makers = set()
    changes = list(rows.order_by("-seq").values_list("seq", "change"))
    for unit in calls:
        made = (seq for seq, change in changes if change.get("calls", {}).get(unit))
        makers.add(next(made, 0))
    if len(makers) > 1:
        raise InvalidChange("calls", "were made by several updates; uncall one after the other")
    return makers.pop() if makers else 0
