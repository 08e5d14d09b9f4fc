"""The contests of shows: choosing them, and what happens when a contest changes afterwards.

Until a broadcast's first update its contests are as they are edited. Then they are frozen: only
names, looks and times reach it, since calls, sums and links rest on everything else.
"""

from collections.abc import Iterator

from django.db import transaction

from broadcaster.domain.contest import Contest
from broadcaster.domain.rejection import Rejected
from broadcaster.domain.show import Edition, parse_contests
from broadcaster.models import Broadcast
from broadcaster.models.contests import Lineup, current_edition, geometry_of, keep, keep_all
from broadcaster.publishing.publish import lock_broadcast


def choose(ids: object) -> Lineup:
    """Return the lineup of {key: id of a contest}, as those contests are now.

    Raises `InvalidInput`, on fields such as contests.senate.
    """
    return keep_all(parse_contests("contests", ids, current_edition))


@transaction.atomic
def change_lineup(broadcast: Broadcast, lineup: Lineup) -> None:
    """Give a broadcast other contests. Raises `Rejected` if they are frozen."""
    broadcast = lock_broadcast(broadcast.pk)
    if broadcast.contests == lineup:
        return
    if broadcast.frozen:
        raise Rejected("Something was published already, so the contests stay as they are.")
    _write(broadcast, lineup)


@transaction.atomic
def spread(contest: Contest) -> list[Broadcast]:
    """Bring a changed contest to the broadcasts that have it. Return those that keep the former.

    Those are broadcasts whose contests are frozen, if more changed than names, looks and times.
    Raises `Rejected` if one of them is on air.
    """
    left = []
    geometry = geometry_of(contest.geometry)
    for broadcast in _with_contest(contest.id):
        lineup: Lineup = []
        for key, edition in broadcast.show.editions.items():
            if edition.contest.id == contest.id:
                if not broadcast.frozen and geometry:
                    edition = Edition(contest, geometry)
                elif edition.contest.fixed == contest.fixed:
                    edition = Edition(contest, edition.geometry)
                elif broadcast.on_air:
                    raise Rejected(
                        f"{broadcast} is on air with it, so only names, looks and times can "
                        "change. For everything else make a copy."
                    )
                else:
                    left.append(broadcast)
            lineup.append([key, keep(edition)])
        if lineup != broadcast.contests:
            _write(broadcast, lineup)
    return left


def _with_contest(id: str) -> Iterator[Broadcast]:
    """Yield the broadcasts with a contest, locked."""
    for pk in Broadcast.objects.order_by("pk").values_list("pk", flat=True):
        broadcast = Broadcast.objects.get(pk=pk)
        if any(contest.id == id for contest in broadcast.show.contests.values()):
            yield lock_broadcast(pk)


def _write(broadcast: Broadcast, lineup: Lineup) -> None:
    broadcast.contests = lineup
    fields: dict[str, object] = {"contests": lineup}
    if not broadcast.frozen:
        fields["state"] = broadcast.opening
    Broadcast.objects.filter(pk=broadcast.pk).update(**fields)
