"""The console's consumer, by the messages of ASGI."""

import asyncio
import json

from channels.db import database_sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, TransactionTestCase

from broadcaster.desk.consumer import DeskConsumer
from broadcaster.desk.permissions import EDITOR
from broadcaster.models import Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import LIMIT
from tests.support.staff import staff


class DeskConsumerTests(TransactionTestCase):
    @database_sync_to_async
    def scope(self):
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(night, parse_change({"kind": "start"}))
        client = Client()
        client.force_login(staff("editor", EDITOR))
        return {
            "type": "websocket",
            "session": SessionStore(client.session.session_key),
            "url_route": {"kwargs": {"pk": night.pk}},
        }

    async def assert_ended(self, tasks):
        """Assert that tasks end: at once, or with a read that consoles share."""
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=LIMIT)
            self.assertEqual(pending, set())

    async def test_browser_that_has_gone_is_a_normal_end(self):
        scope = await self.scope()
        messages = asyncio.Queue()
        messages.put_nowait({"type": "websocket.connect"})
        before = asyncio.all_tasks()

        async def send(message):
            if message["type"] == "websocket.send":
                messages.put_nowait({"type": "websocket.disconnect", "code": 1006})
                raise OSError("the client has disconnected")

        with self.assertNoLogs("broadcaster"):
            await DeskConsumer.as_asgi()(scope, messages.get, send)

        await self.assert_ended(asyncio.all_tasks() - before)

    async def test_tasks_end_with_a_connection_that_breaks_during_a_command(self):
        scope = await self.scope()
        messages = asyncio.Queue()
        messages.put_nowait({"type": "websocket.connect"})
        before = asyncio.all_tasks()

        async def send(message):
            frame = json.loads(message.get("text", "{}"))
            if frame.get("t") == "snapshot":
                messages.put_nowait({"type": "websocket.receive", "text": '{"command": "take"}'})
            if frame.get("t") == "answer":
                raise RuntimeError("an error of the server")

        with self.assertRaises(RuntimeError):
            await DeskConsumer.as_asgi()(scope, messages.get, send)

        await self.assert_ended(asyncio.all_tasks() - before)
