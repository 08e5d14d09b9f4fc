"""The gate to the log: the only writer of map state.

An update is on the log or it is not. One transaction locks the broadcast, checks every rule, moves
the broadcast from seq n to n + 1, stores the row and its entry in the audit; after the commit
viewers' processes are notified. The lock is the database's: the row (PostgreSQL), or the write lock
that each transaction takes at its beginning (SQLite). See docs/decisions/0004-one-gate.md.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from broadcaster.domain import rules
from broadcaster.domain.change import Call, Change, Kind, RaceKey, flat
from broadcaster.domain.corrections import Statements
from broadcaster.domain.mapstate import Phase
from broadcaster.domain.recording import Recording
from broadcaster.domain.rejection import Rejected, TooSoon
from broadcaster.domain.summary import describe
from broadcaster.models import (
    AuditEntry,
    Broadcast,
    Cue,
    FeedReply,
    Publication,
    Rebroadcast,
    Via,
    new_epoch,
)
from broadcaster.models.contests import keep_all
from broadcaster.publishing import clock, history
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import announce
from broadcaster.publishing.audit import add_entry

COUNTS_EVERY = timedelta(seconds=2)  # between two updates with counts, for each broadcast
NO_CHANGE = "Nothing would change: viewers see this already."

ACTIONS = {
    Kind.UPDATE: "took",
    Kind.CORRECT: "corrected",
    Kind.START: "started",
    Kind.HOLD: "held",
    Kind.RESUME: "resumed",
    Kind.END: "ended",
}
"""The audit's action for publishing a change of each kind."""


class ApprovalNeeded(Rejected):
    """The change meets the rules, and another person must approve it."""


class InRundown(Rejected):
    """The idempotency key belongs to a cue of the rundown, which is not taken."""

    def __init__(self, cue: Cue) -> None:
        super().__init__(f"client_id {cue.client_id} was used for the cue “{cue.title}”.")
        self.cue = cue


def lock_broadcast(pk: int) -> Broadcast:
    """Return the broadcast, locked: it stays as it is until this transaction ends."""
    return Broadcast.objects.select_for_update().get(pk=pk)


@transaction.atomic
def publish(broadcast: Broadcast, change: Change, actor: Actor, **options: Any) -> Publication:
    """Lock the broadcast and `publish_locked`, which has the options and the errors."""
    return publish_locked(lock_broadcast(broadcast.pk), change, actor, **options)


def publish_locked(
    broadcast: Broadcast,
    change: Change,
    actor: Actor,
    *,
    client_id: str | None = None,
    cue: Cue | None = None,
    taken_by: Any = None,
    action: str | None = None,
    replayed: bool = False,
) -> Publication:
    """Put `change` on the log of `broadcast` and, after the commit, notify viewers' processes.

    `broadcast` is what `lock_broadcast` returned in this transaction.

    Publishing again with the same idempotency key `client_id` returns the first publication, or
    raises `InRundown` if the key is that of a cue which is not taken. `cue` is the cue that this
    takes. `taken_by` is the user whose take `actor` approves. `action` overrides the word in the
    audit, which is by default that of the change's kind. The caller has checked permissions.

    Calls that stand already are left out. `replayed` changes come from a recording: they are
    published as they are, and may change nothing.

    Raises `Rejected` if a rule forbids it, or the cue was taken, and `TooSoon` for counts within
    COUNTS_EVERY after others. Raises `ApprovalNeeded` if the two-person rule asks for another
    person; the command line is exempt from both.
    """
    earlier = _first_outcome(broadcast, client_id, change)
    if isinstance(earlier, Publication):
        return earlier
    if cue is not None:
        check_untaken(broadcast, cue)
    elif earlier is not None:
        raise InRundown(earlier)
    if reason := rejection(broadcast, change, replayed=replayed):
        raise Rejected(reason)
    contests = broadcast.show.contests
    if not replayed:
        change = rules.news(flat(broadcast.state.calls), change)
    before, after = broadcast.state, broadcast.state.apply(change, contests)
    if after == before and not replayed:
        raise Rejected(NO_CHANGE)
    if change.counts is not None and actor.via != Via.COMMAND:
        _check_pace(broadcast)
    approved = taken_by is not None or actor.via == Via.COMMAND
    if not approved and rules.needs_approval(broadcast.approval, change, before, after, contests):
        raise ApprovalNeeded("Another person must approve this.")
    [publication] = _append(
        broadcast,
        [(_next_time(broadcast), change)],
        by=taken_by or actor.user,
        confirmed_by=actor.user if taken_by else None,
        via=actor.via,
        client_id=client_id,
        cue=cue,
    )
    _audit(publication, actor, action)
    transaction.on_commit(partial(announce, publication))
    return publication


def _check_pace(broadcast: Broadcast) -> None:
    """Raise `TooSoon` if counts were published just before.

    A feed that posts each precinct would send all viewers a frame for each.
    """
    now = clock.read()
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, at__gt=now - COUNTS_EVERY
    ).order_by("-seq")
    for at, change in rows.values_list("at", "change"):
        if change.counts is not None:
            seconds = max(ceil((at + COUNTS_EVERY - now).total_seconds()), 1)
            words = f"Counts were published just before. Send the newest again in {seconds} s."
            raise TooSoon(words, seconds)


def _next_time(broadcast: Broadcast) -> datetime:
    """Return the database's time, or the last update's if that is later: times never decrease.

    Without an update `Broadcast.at` is the time of its creation, by the clock of some host.
    """
    now = clock.read()
    return max(now, broadcast.at) if broadcast.seq else now


def rejection(broadcast: Broadcast, change: Change, *, replayed: bool = False) -> str | None:
    """Return why `change` must not be published now, in words for the desk; None if it may."""
    if broadcast.archived_at:
        return "The broadcast is archived."
    state, contests = broadcast.state, broadcast.show.contests
    logged = [] if change.corrects is None else statements(broadcast, since=change.corrects)
    if reason := rules.rejection(state, change, contests, logged):
        return reason
    return None if replayed else rules.nothing_new(state, change, contests)


def _first_outcome(
    broadcast: Broadcast, client_id: str | None, change: Change
) -> Publication | Cue | None:
    """Return what came of this idempotency key: a publication, or a cue that is not taken.

    Raises `Rejected` if it was another change.
    """
    if client_id is None:
        return None
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    earlier = rows.filter(client_id=client_id).first()
    if earlier is None:
        cue = prepared_as(broadcast, client_id, change)
        return cue and (taken_as(broadcast, cue) or cue)
    if earlier.change != change and earlier.change != _news_at(broadcast, earlier.seq, change):
        raise Rejected(f"client_id {client_id} was used for another update, seq {earlier.seq}.")
    return earlier


def _news_at(broadcast: Broadcast, seq: int, change: Change) -> Change:
    """Return `change` without the calls that stood already before update `seq`."""
    standing: dict[RaceKey, Call] = {}
    for stated, calls in statements(broadcast, since=0):
        if stated < seq:
            standing |= calls
    return rules.news(standing, change)


def prepared_as(broadcast: Broadcast, client_id: str | None, change: Change) -> Cue | None:
    """Return the cue with this idempotency key, if there is one.

    Raises `Rejected` if it was prepared with another change.
    """
    if client_id is None:
        return None
    cue = broadcast.cues.filter(client_id=client_id).first()
    if cue is not None and cue.version == 1 and cue.change != change:
        raise Rejected(f"client_id {client_id} was used for another cue, “{cue.title}”.")
    return cue


def taken_as(broadcast: Broadcast, cue: Cue) -> Publication | None:
    """Return the publication that took `cue` in the present epoch, if there is one."""
    return Publication.objects.filter(epoch=broadcast.epoch, cue=cue).first()


def check_untaken(broadcast: Broadcast, cue: Cue) -> None:
    """Raise `Rejected`, with the seq, if `cue` was taken in the present epoch."""
    if earlier := taken_as(broadcast, cue):
        raise Rejected(f"Already taken by {earlier.who}, update {earlier.seq}.", seq=earlier.seq)


@transaction.atomic
def start_over(broadcast: Broadcast) -> None:
    """Begin a new history: an empty map under a new epoch. The old log stays stored.

    For rehearsals and demonstrations. Viewers get the new snapshot within the head check.
    Raises `Rejected` if the broadcast is archived.
    """
    broadcast = lock_broadcast(broadcast.pk)
    if broadcast.archived_at:
        raise Rejected("The broadcast is archived.")
    Broadcast.objects.filter(pk=broadcast.pk).update(
        epoch=new_epoch(),
        seq=0,
        at=clock.read(),
        phase=broadcast.opening.phase,
        state=broadcast.opening,
    )


def rename_epoch(broadcast: Broadcast) -> None:
    """Give the present history another name, in the log and the audit as well.

    For a broadcast that was restored from a backup: viewers may have seen updates of this history
    that are lost, and others will get the same numbers. Call it with the broadcast locked.
    """
    before, broadcast.epoch = broadcast.epoch, new_epoch()
    # The audit's own queryset cannot update. This changes no entry's content.
    entries: QuerySet[AuditEntry] = QuerySet(AuditEntry)
    everything = [entries, *(each.objects.all() for each in (Publication, Rebroadcast, FeedReply))]
    for rows in everything:
        rows.filter(broadcast=broadcast, epoch=before).update(epoch=broadcast.epoch)
    Broadcast.objects.filter(pk=broadcast.pk).update(epoch=broadcast.epoch)


@transaction.atomic
def publish_recording(recording: Recording, actor: Actor, *, slug: str, title: str) -> Broadcast:
    """Make a broadcast, unlisted and ended, with `recording` as its log under a new epoch.

    A recording without an end gets one. Its updates met the rules when it was parsed.
    Raises `Rejected` if it was never on air.
    """
    *_, state = recording.states()
    changes = [(history.moment(update.at), update.change) for update in recording.updates]
    if state.phase is Phase.SCHEDULED:
        raise Rejected("This recording does not start, so viewers would see nothing.")
    if not changes:
        raise Rejected("This recording has no updates, so there is nothing to show.")
    if state.phase is not Phase.ENDED:
        changes.append((changes[-1][0], Change(Kind.END)))
    broadcast = Broadcast.objects.create(
        slug=slug,
        title=title,
        contests=keep_all(recording.show.editions),
        listed=False,
        initial=recording.initial,
    )
    _append(broadcast, changes, by=actor.user, via=actor.via)
    broadcast.refresh_from_db()
    return broadcast


def _append(
    broadcast: Broadcast, changes: Iterable[tuple[datetime, Change]], **origin: Any
) -> list[Publication]:
    """Store the rows after the broadcast's seq and move the broadcast to the last of them."""
    state, contests, rows = broadcast.state, broadcast.show.contests, []
    for seq, (at, change) in enumerate(changes, start=broadcast.seq + 1):
        state = state.apply(change, contests)
        rows.append(
            Publication(
                broadcast=broadcast,
                epoch=broadcast.epoch,
                seq=seq,
                at=at,
                kind=change.kind,
                change=change,
                totals=state.totals,
                **origin,
            )
        )
    Publication.objects.bulk_create(rows)
    Broadcast.objects.filter(pk=broadcast.pk).update(
        seq=rows[-1].seq, at=rows[-1].at, phase=state.phase, state=state
    )
    return rows


def _audit(publication: Publication, actor: Actor, action: str | None) -> None:
    """Record a publication in the audit, except counts: their rows in the log say who sent them."""
    change = publication.change
    if change.only_counts:
        return
    words = describe(change, publication.broadcast.show)
    taken = f", which {publication.by} took" if publication.confirmed_by else ""
    reason = f"; update {change.corrects} was wrong: {change.reason}" if change.reason else ""
    add_entry(
        actor,
        action or ACTIONS[change.kind],
        publication.broadcast,
        f"update {publication.seq}, {words}{taken}{reason}",
        cue=publication.cue,
        publication=publication,
    )


def statements(broadcast: Broadcast, since: int) -> Statements:
    """Return the calls of the log from update `since` on; 0 is the map it began with."""
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, seq__gte=since
    ).order_by("seq")
    opening = [(0, flat(broadcast.opening.calls))] if since == 0 else []
    logged = [(seq, change.called) for seq, change in rows.values_list("seq", "change")]
    return opening + logged
