"""Members of staff, and their access to the desk and the API."""

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
    """Make a member of staff, in `group` if given."""
    user = get_user_model().objects.create_user(name, is_staff=True)
    if group:
        user.groups.add(the_group(group))
    return user


def the_group(name: str) -> Group:
    """Return one of the groups. Create it if a test has emptied the database."""
    found, created = Group.objects.get_or_create(name=name)
    if created:
        codenames = [permission.split(".")[1] for permission in GROUPS[name]]
        found.permissions.set(Permission.objects.filter(codename__in=codenames))
    return found


def open_desk(test):
    """Open the console's socket as a new superuser."""
    user = get_user_model().objects.create_superuser(f"desk-{uuid.uuid4().hex[:8]}")
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
    """Return the next frame of `kind` for which `wanted(frame)` is true."""
    deadline = time.monotonic() + LIMIT
    while (left := deadline - time.monotonic()) > 0:  # other frames come every second
        frame = json.loads(socket.recv(left))
        if frame["t"] == kind and wanted(frame):
            return frame
    raise AssertionError(f"no such {kind} frame in {LIMIT} s")


def publisher(server, broadcast):
    """Return a function that publishes a change through the API of `server`."""
    robot = get_user_model().objects.create_superuser(f"robot-{uuid.uuid4().hex[:8]}")
    token = ApiToken.issue(robot)
    return lambda change: server.publish(broadcast.slug, token, change)
