"""A server of two processes with a real Redis between them, and a broadcast on air."""

import uuid

from django.test import TransactionTestCase

from broadcaster.models import Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, redis


class TwoProcesses(TransactionTestCase):
    """Each test has a broadcast of its own; the server is shared."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        url = cls.enterClassContext(redis())
        cls.server = cls.enterClassContext(ServeProcess("serve --processes 2", REDIS_URL=url))

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        publish(self.broadcast, parse_change({"kind": "start"}))
