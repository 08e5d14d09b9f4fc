"""Relays read the log in their own threads, and close their database connections."""

import asyncio
import threading
from contextlib import contextmanager
from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase
from msgspec.structs import replace

from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.lineup import spread
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from viewers.database_log import DatabaseLog
from viewers.fanout.log_reader import BroadcastDeleted, LogUnavailable


class DatabaseLogTests(TransactionTestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
        self.empty = self.broadcast.position
        for change in ({"kind": "start"}, {"view": {"focus": "OH"}}, {"view": {"focus": ""}}):
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()
        self.arguments = (self.broadcast.pk, self.empty, dict(self.broadcast.contests), 200)
        self.released = threading.Event()
        self.log = DatabaseLog()
        self.addCleanup(self.log.close)
        self.addCleanup(self.released.set)

    def after(self, position, limit=200):
        return async_to_sync(self.log.after)(
            self.broadcast.pk, position, dict(self.broadcast.contests), limit
        )

    def test_open_log_has_the_snapshot_and_its_last_updates(self):
        opened = async_to_sync(self.log.open)("night", 2)

        self.assertEqual((opened.broadcast_id, opened.slug), (self.broadcast.pk, "night"))
        self.assertEqual(opened.snapshot.position, self.broadcast.position)
        self.assertEqual([update.seq for update in opened.recent], [2, 3])

    def test_unknown_slug_has_no_log(self):
        self.assertIsNone(async_to_sync(self.log.open)("nope", 2))

    def test_updates_past_a_position_are_read_in_order(self):
        self.assertEqual([update.seq for update in self.after(self.empty)], [1, 2, 3])
        self.assertEqual(self.after(self.broadcast.position), [])

    def test_position_that_is_too_old_or_of_another_epoch_gets_the_snapshot(self):
        for found in (self.after(self.empty, limit=2), self.after(Position("other", 3))):
            self.assertEqual(found.snapshot.position, self.broadcast.position)

    def test_corrected_names_get_the_snapshot_with_the_new_edition(self):
        contest = self.broadcast.show.contests["president"]
        spread(replace(contest, title="Presidency"))

        found = self.after(self.broadcast.position)

        self.assertEqual(found.contests["president"].title, "Presidency")
        self.assertEqual(found.snapshot.position, self.broadcast.position)
        self.assertNotEqual(found.snapshot.contests, dict(self.broadcast.contests))

    def test_deleted_broadcast_is_reported(self):
        never = Broadcast.objects.create(slug="never", title="Never", contests=president(2020))
        deleted, _ = never.pk, never.delete()

        with self.assertRaises(BroadcastDeleted):
            async_to_sync(self.log.after)(deleted, self.empty, {}, 200)

    def test_read_succeeds_after_one_that_failed(self):
        with (
            mock.patch.object(Broadcast._meta, "db_table", "nowhere"),
            self.assertRaises(LogUnavailable),
        ):
            self.after(self.empty)

        self.assertEqual(len(self.after(self.empty)), 3)

    def test_threads_leave_no_connection_open(self):
        opened = []

        def add(connection, **signal):
            opened.append(connection)

        connection_created.connect(add)
        self.addCleanup(connection_created.disconnect, add)
        self.after(self.empty)
        async_to_sync(self.log.open)("night", 2)

        self.assertEqual([connection.connection for connection in opened], [None, None])

    @contextmanager
    def hanging(self, name):
        """Let a function of history.py hang until the test ends."""
        function = getattr(history, name)

        def hang(*args):
            self.released.wait(20)
            return function(*args)

        with mock.patch.object(history, name, hang):
            yield

    def test_log_is_read_while_asgirefs_thread_is_busy(self):
        async def read():
            take = asyncio.create_task(sync_to_async(self.released.wait)(20))
            await asyncio.sleep(0)
            try:
                return await asyncio.wait_for(self.log.after(*self.arguments), 5)
            finally:
                self.released.set()
                await take

        self.assertEqual(len(async_to_sync(read)()), 3)

    def test_log_is_read_while_many_broadcasts_are_opened(self):
        async def read():
            opening = [asyncio.create_task(self.log.open(f"nope-{n}", 2)) for n in range(20)]
            await asyncio.sleep(0)
            try:
                return await asyncio.wait_for(self.log.after(*self.arguments), 5)
            finally:
                self.released.set()
                await asyncio.gather(*opening)

        with self.hanging("open_log"):
            self.assertEqual(len(async_to_sync(read)()), 3)
