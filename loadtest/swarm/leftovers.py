"""What a run makes in the local database, a token and a broadcast, and how it is put away.

A run puts both away itself. If its process is killed, its publisher, which is a process of its own,
ends the broadcast and runs `manage.py swarm --tidy`; so can anybody, at any time.
"""

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import psutil
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DatabaseError

from broadcaster.domain.change import Change, Kind
from broadcaster.domain.mapstate import Phase
from broadcaster.domain.rejection import Rejected
from broadcaster.models import ApiToken, Broadcast, Via
from broadcaster.publishing import clock
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish
from loadtest.models import LoadTestRun
from loadtest.swarm.reach import PreflightFailed

USER = "swarm"
PERMISSIONS = ("add_broadcast", "take_broadcast", "run_broadcast")
PREFIX = "swarm-"  # of the broadcasts' slugs
NOTE = re.compile(r"manage\.py swarm, run (?P<slug>\S+), process (?P<pid>\d+) on (?P<host>\S+)")
QUIET = timedelta(minutes=15)  # without an update: longer than any ramp or round


@contextlib.contextmanager
def local_token(slug: str) -> Iterator[str]:
    """Issue a token in the local database for the run of this broadcast, and put both away.

    The token belongs to a user of its own. Raises `PreflightFailed` if it cannot be issued.
    """
    note = f"manage.py swarm, run {slug}, process {os.getpid()} on {socket.gethostname()}"
    try:
        user, _ = get_user_model().objects.get_or_create(
            username=USER, defaults={"password": "!", "is_staff": False}
        )
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label="broadcaster", codename__in=PERMISSIONS
            )
        )
        text = ApiToken.issue(user, note)
    except DatabaseError as error:
        raise PreflightFailed(
            f"The local database could not issue a token: {error}. Migrate it (manage.py migrate), "
            "or give a token with --token."
        ) from error
    try:
        yield text
    finally:
        for broadcast in Broadcast.objects.filter(slug=slug):
            put_away(broadcast)
        ApiToken.objects.filter(digest=ApiToken.hash(text)).delete()


def tidy() -> Iterator[str]:
    """Put away what runs that have ended left in the local database. Yield a sentence for each.

    What may belong to a run on another machine stays, and has a sentence as well.
    """
    if count := LoadTestRun.mark_lost():
        yield f"Marked {count} run{'s' if count > 1 else ''} of the control center as aborted."
    in_use, ended = set(), set()
    for token in ApiToken.objects.filter(user__username=USER):
        made_by = NOTE.fullmatch(token.note)
        if made_by and made_by["host"] != socket.gethostname():
            in_use.add(made_by["slug"])
            yield (
                f"Left the token of run {made_by['slug']}: it was started on {made_by['host']}. "
                "Run manage.py swarm --tidy there."
            )
        elif made_by and is_running(int(made_by["pid"]), token.created_at):
            in_use.add(made_by["slug"])
        else:
            ended.add(made_by["slug"] if made_by else "")
            token.delete()
            yield f"Deleted a token: {token.note}."
    runs = Broadcast.objects.filter(slug__startswith=PREFIX, listed=False, archived_at=None)
    for broadcast in runs.exclude(phase=Phase.ENDED).exclude(slug__in=in_use):
        if broadcast.slug in ended or clock.now() - broadcast.at > QUIET:
            put_away(broadcast)
            yield f"Ended the broadcast {broadcast.slug}."
        else:
            yield (
                f"Left the broadcast {broadcast.slug}: its last update came less than "
                f"{QUIET.seconds // 60} minutes ago, perhaps from a run on another machine."
            )


def put_away(broadcast: Broadcast) -> None:
    """End a run's broadcast if it is on air; delete it if it never was."""
    if broadcast.phase == Phase.SCHEDULED:
        broadcast.delete()
    elif broadcast.phase != Phase.ENDED:
        with contextlib.suppress(Rejected):  # it ended meanwhile
            publish(broadcast, Change(Kind.END), Actor(None, Via.COMMAND))


def is_running(pid: int, since: datetime) -> bool:
    """Return whether the process that had this pid at a time still runs."""
    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return not ended and process.create_time() <= since.timestamp() + 1
    except psutil.NoSuchProcess:
        return False
