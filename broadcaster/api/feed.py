"""Calls from a newsroom feed: into the rundown as proposed cues, or on air for a direct token."""

from http import HTTPStatus
from typing import Any

from django.db import transaction

from broadcaster.desk.commands import reply_of_take, run
from broadcaster.desk.permissions import PREPARE, TO_PUBLISH
from broadcaster.desk.requests import Reply, client_id, reject
from broadcaster.desk.rundown import add_proposal, save_cue
from broadcaster.domain import corrections
from broadcaster.domain.change import OPEN, Call, Change, RaceKey, by_contest, flat
from broadcaster.domain.feed import FeedMessage, parse_feed, to_change, to_correction
from broadcaster.domain.feed_modes import FeedMode, mode_of
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.domain.rules import race_name
from broadcaster.models import Broadcast
from broadcaster.publishing import clock
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import NO_CHANGE, lock_broadcast, statements, taken_as

PROPOSED = "It was put into the rundown and has not been taken."  # true if it is removed later, too


def handle_message(broadcast: Broadcast, data: dict[str, Any], actor: Actor, direct: bool) -> Reply:
    """Carry out the feed's message {"client_id", "calls", "headline"}.

    Replies: 202 {"cue"} proposed, or waiting for approval; 201 {"epoch", "seq"} on air;
    200 {"withdrawn"} proposals of the feed that were removed; else as the API replies.
    """
    try:
        key = client_id(data.pop("client_id", None))
        message = parse_feed(data, broadcast.show.contests)
        with transaction.atomic():
            broadcast = lock_broadcast(broadcast.pk)
            if key and (reply := _earlier_reply(broadcast, key, message)):
                return reply
            wanted, direct = _by_mode(broadcast, message, direct)
            act = _uncall if message.uncalls else _call
            status, answer = act(broadcast, wanted, key, actor, direct)
            if key and status < HTTPStatus.BAD_REQUEST:
                broadcast.feed_replies.create(
                    epoch=broadcast.epoch,
                    client_id=key,
                    digest=message.digest,
                    status=status,
                    reply=answer,
                )
            return status, answer
    except (Rejected, InvalidInput) as error:
        return reject(error, actor, broadcast, "calls of a feed")


def _by_mode(broadcast: Broadcast, message: FeedMessage, direct: bool) -> tuple[FeedMessage, bool]:
    """Return the message without races whose feed is off, and whether it may go on air directly.

    One race that is to be proposed keeps all of a message in the rundown. Raises `Rejected` if
    the feed is off for all of its races.
    """
    modes = {race: mode_of(race, broadcast.feed_modes) for race in message.races}
    wanted = {race: call for race, call in message.races.items() if modes[race] is not FeedMode.OFF}
    if not wanted:
        names = ", ".join(race_name(race, broadcast.show.contests) for race in message.races)
        raise Rejected(f"The feed is off for {names}.")
    direct = direct and FeedMode.PROPOSE not in modes.values()
    return FeedMessage(by_contest(wanted), message.headline), direct


def _call(
    broadcast: Broadcast, message: FeedMessage, key: str | None, actor: Actor, direct: bool
) -> Reply:
    """Submit the calls of a message that are not on the map yet."""
    standing = flat(broadcast.state.calls)
    changed = {
        race: call for race, call in message.races.items() if standing.get(race, OPEN) != call
    }
    if not changed:
        raise Rejected(NO_CHANGE)
    change = to_change(by_contest(changed), message.headline, broadcast.show.contests)
    return _submit(broadcast, change, key, actor, direct)


def _uncall(
    broadcast: Broadcast, message: FeedMessage, key: str | None, actor: Actor, direct: bool
) -> Reply:
    """Withdraw proposals of the calls that a message takes back, and correct those on air."""
    extra: dict[str, Any] = {}
    if actor.user.has_perm(PREPARE) and (withdrawn := _withdraw(broadcast, message, actor)):
        extra = {"withdrawn": withdrawn}
    standing, contests = flat(broadcast.state.calls), broadcast.show.contests
    called = {
        race: call for race, call in message.races.items() if standing.get(race, OPEN).decided
    }
    if extra and not called:
        return HTTPStatus.OK, extra
    if not called:
        names = ", ".join(race_name(race, contests) for race in message.races)
        raise Rejected(f"{names}: not called, so there is nothing to take back.")
    corrects = corrections.update_to_correct(called, statements(broadcast, since=0))
    if corrects is None:
        raise InvalidInput("calls", "were made by several updates; uncall them one after the other")
    source = broadcast.source
    direct = direct and _is_own(broadcast, corrects, actor)
    change = to_correction(by_contest(called), message.headline, corrects, source, contests)
    status, reply = _submit(broadcast, change, key, actor, direct)
    return status, reply | extra


def _is_own(broadcast: Broadcast, seq: int, actor: Actor) -> bool:
    """Return whether the feed's own user published an update.

    A call of the desk is not taken back by a feed without somebody who looks at it.
    """
    rows = broadcast.publications.filter(epoch=broadcast.epoch, seq=seq, by=actor.user)
    return rows.exists()


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
        return HTTPStatus.ACCEPTED, {**reply, "waiting": PROPOSED}
    return status, reply


def _earlier_reply(broadcast: Broadcast, key: str, message: FeedMessage) -> Reply | None:
    """Return the reply to the same message if it came before, with the present state of its cue.

    None for a new message. Raises `Rejected` if the idempotency key was used for other content.
    """
    earlier = broadcast.feed_replies.filter(epoch=broadcast.epoch, client_id=key).first()
    if earlier is None:
        return None
    if earlier.digest != message.digest:
        raise Rejected(f"client_id {key} was used for other calls.")
    status, reply = HTTPStatus(earlier.status), earlier.reply
    if "epoch" in reply:
        reply["epoch"] = broadcast.epoch  # which was renamed if a backup was restored since
    cue = broadcast.cues.filter(pk=reply.get("cue", 0)).first()
    if cue and (publication := taken_as(broadcast, cue)):
        extra = {name: value for name, value in reply.items() if name == "withdrawn"}
        status, reply = reply_of_take(publication)
        return status, reply | extra
    if cue and not cue.asked_by:
        return status, reply | {"waiting": PROPOSED}
    return status, reply


def _withdraw(broadcast: Broadcast, message: FeedMessage, actor: Actor) -> list[int]:
    """Remove proposals that call what the message takes back, also scheduled ones.

    Other calls of these proposals are proposed again. Returns the ids of the removed cues.
    """
    removed = []
    for cue in broadcast.cues.filter(proposed=True, removed_at=None):
        calls: dict[RaceKey, Call] = cue.change.called
        doubtful = {race for race, call in calls.items() if race in message.races and call.decided}
        if not doubtful or taken_as(broadcast, cue):
            continue
        cue.removed_at = clock.now()
        cue.due_at = cue.asked_by = cue.asked_at = None
        save_cue(cue, actor, "removed", broadcast, f"{cue}: the feed uncalled it")
        removed.append(cue.pk)
        if rest := {race: call for race, call in calls.items() if race not in doubtful}:
            change = to_change(by_contest(rest), "", broadcast.show.contests)
            add_proposal(broadcast, change.headline[:MAX_TITLE], change, None, actor)
    return removed
