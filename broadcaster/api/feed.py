"""Calls from a newsroom feed: into the rundown as proposed cues, or on air for a direct token."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcaster.desk.commands import NOT_TAKEN, reply_of_take, run
from broadcaster.desk.permissions import PREPARE, TO_PUBLISH
from broadcaster.desk.requests import Reply, client_id, reject
from broadcaster.desk.rundown import add_proposal, save_cue
from broadcaster.domain import corrections
from broadcaster.domain.change import OPEN, Call, Change
from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.feed import FeedMessage, parse_feed, to_change, to_correction
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import NO_CHANGE, lock_broadcast, statements, taken_as


def handle_message(broadcast: Broadcast, data: dict[str, Any], actor: Actor, direct: bool) -> Reply:
    """Carry out the feed's message {"client_id", "calls", "headline"}.

    Replies: 202 {"cue"} proposed, or waiting for approval; 201 {"epoch", "seq"} on air;
    200 {"withdrawn"} proposals of the feed that were removed; else as the API replies.
    """
    try:
        key = client_id(data.pop("client_id", None))
        message = parse_feed(data)
        with transaction.atomic():
            broadcast = lock_broadcast(broadcast.pk)
            if key and (reply := _earlier_reply(broadcast, key, message)):
                return reply
            if message.uncalls:
                return _uncall(broadcast, message, key, actor, direct)
            return _call(broadcast, message, key, actor, direct)
    except (Rejected, InvalidInput) as error:
        return reject(error, actor, broadcast, "calls of a feed")


def _call(
    broadcast: Broadcast, message: FeedMessage, key: str | None, actor: Actor, direct: bool
) -> Reply:
    """Submit the calls of a message that are not on the map yet."""
    standing = broadcast.state.calls
    news = {u: call for u, call in message.calls.items() if standing.get(u, OPEN) != call}
    if not news:
        raise Rejected(NO_CHANGE)
    change = to_change(news, message.headline, ELECTIONS[broadcast.election])
    return _submit(broadcast, change, key, actor, direct)


def _uncall(
    broadcast: Broadcast, message: FeedMessage, key: str | None, actor: Actor, direct: bool
) -> Reply:
    """Withdraw proposals of the calls that a message takes back, and correct those on air."""
    extra: dict[str, Any] = {}
    if actor.user.has_perm(PREPARE) and (withdrawn := _withdraw(broadcast, message, actor)):
        extra = {"withdrawn": withdrawn}
    standing = broadcast.state.calls
    called = {u: call for u, call in message.calls.items() if standing.get(u, OPEN).decided}
    if extra and not called:
        return HTTPStatus.OK, extra
    if not called:
        units = ", ".join(message.calls)
        raise Rejected(f"{units}: not called, so there is nothing to take back.")
    corrects = corrections.update_to_correct(called, statements(broadcast, since=0))
    if corrects is None:
        raise InvalidInput("calls", "were made by several updates; uncall them one after the other")
    change = to_correction(called, message.headline, corrects, broadcast.source)
    status, reply = _submit(broadcast, change, key, actor, direct)
    return status, reply | extra


def _submit(
    broadcast: Broadcast, change: Change, key: str | None, actor: Actor, direct: bool
) -> Reply:
    """Take the change for a direct token, or propose it."""
    if direct and actor.user.has_perm(TO_PUBLISH[change.kind]):
        return run(broadcast, "take", {"change": change, "client_id": key}, actor)
    title = change.headline[:MAX_TITLE]
    arguments = {"title": title, "change": change, "client_id": key}
    status, reply = run(broadcast, "prepare", arguments, actor)
    if status == HTTPStatus.CREATED:
        return HTTPStatus.ACCEPTED, {**reply, "waiting": NOT_TAKEN}
    return status, reply


def _earlier_reply(broadcast: Broadcast, key: str, message: FeedMessage) -> Reply | None:
    """Return the reply to the same message, if it came before.

    Raises `Rejected` if the idempotency key was used for other calls.
    """
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    outcome: Publication | Cue | None = rows.filter(client_id=key).first()
    if outcome is None and (cue := broadcast.cues.filter(client_id=key).first()):
        outcome = taken_as(broadcast, cue) or cue
    if outcome is None:
        return None
    edited = isinstance(outcome, Cue) and outcome.version > 1
    calls = outcome.change.calls or {}
    if not edited and not calls.items() <= message.calls.items():
        raise Rejected(f"client_id {key} was used for other calls.")
    return reply_of_take(outcome)


def _withdraw(broadcast: Broadcast, message: FeedMessage, actor: Actor) -> list[int]:
    """Remove proposals that call what the message takes back, also scheduled ones.

    Other calls of these proposals are proposed again. Returns the ids of the removed cues.
    """
    removed = []
    for cue in broadcast.cues.filter(proposed=True, removed_at=None):
        calls: dict[str, Call] = cue.change.calls or {}
        doubtful = {u for u, call in calls.items() if u in message.calls and call.decided}
        if not doubtful or taken_as(broadcast, cue):
            continue
        cue.removed_at = timezone.now()
        cue.due_at = cue.asked_by = cue.asked_at = None
        save_cue(cue, actor, "removed", broadcast, f"{cue}: the feed uncalled it")
        removed.append(cue.pk)
        if rest := {u: call for u, call in calls.items() if u not in doubtful}:
            change = to_change(rest, "", ELECTIONS[broadcast.election])
            add_proposal(broadcast, change.headline[:MAX_TITLE], change, None, actor)
    return removed
