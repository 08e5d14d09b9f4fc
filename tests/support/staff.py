"""Staff for tests."""

import json
import time
import uuid

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from websockets.sync.client import connect

from broadcaster.desk.permissions import GROUPS
from broadcaster.models import ApiToken
from tests.support.server import LIMIT


def staff(name: str, group: str | None = None):
    """A member of staff in one of the groups, which tests that empty the database lack."""
    user = get_user_model().objects.create_user(name, is_staff=True)
    if group:
        user.groups.add(the_group(group))
    return user


def the_group(name: str) -> Group:
    """One of the groups, made anew if a test has emptied the database."""
    found, created = Group.objects.get_or_create(name=name)
    if created:
        codenames = [permission.split(".")[1] for permission in GROUPS[name]]
        found.permissions.set(Permission.objects.filter(codename__in=codenames))
    return found


def open_desk(test):
    """The console's socket of a member of staff."""
    user = get_user_model().objects.create_superuser(f"desk-{test.slug}")
    client = Client()
    client.force_login(user)
    return test.enterContext(
        connect(
            f"ws://127.0.0.1:{test.server.port}/admin/broadcaster/broadcast/"
            f"{test.broadcast.pk}/console/ws",
            origin=test.server.url,
            additional_headers={"Cookie": f"sessionid={client.cookies['sessionid'].value}"},
        )
    )


def next_frame(socket, kind, wanted):
    """The next frame of a kind that is as wanted."""
    deadline = time.monotonic() + LIMIT
    while (left := deadline - time.monotonic()) > 0:  # others come every second
        frame = json.loads(socket.recv(left))
        if frame["t"] == kind and wanted(frame):
            return frame
    raise AssertionError(f"no {kind} as wanted in {LIMIT} s")


def publisher(server, broadcast):
    """Puts changes on air through `server`, which announces them at once."""
    robot = get_user_model().objects.create_superuser(f"robot-{uuid.uuid4().hex[:8]}")
    token = ApiToken.issue(robot)
    return lambda change: server.publish(broadcast.slug, token, change)
