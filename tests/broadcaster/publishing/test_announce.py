"""Announcements: viewers first, then the desk."""

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.test import TransactionTestCase

from broadcaster.desk.permissions import EDITOR
from broadcaster.desk.rundown import prepare
from broadcaster.desk.takes import take_cue
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import desk_group, group_name
from broadcaster.publishing.publish import publish
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.staff import staff

VIEW = {"view": {"focus": "OH"}}
COMMAND_LINE = Actor(None, Via.COMMAND)


class AnnouncementOrder(TransactionTestCase):
    async def test_viewers_are_notified_before_the_desk(self):
        """A take from the rundown concerns both; a silent Redis must not delay viewers for it."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        night, cue = await self.prepared()
        for group in (group_name(night.pk), desk_group(night.pk)):
            await layer.group_add(group, channel)

        await self.take(night, cue)

        self.assertEqual((await layer.receive(channel))["type"], "broadcast.update")

    @database_sync_to_async
    def prepared(self):
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        self.editor = Actor(staff("editor", EDITOR), Via.SOCKET)
        publish(night, parse_change({"kind": "start"}), COMMAND_LINE)
        return night, prepare(night, "Ohio", parse_change(VIEW), None, self.editor)

    @database_sync_to_async
    def take(self, night, cue):
        take_cue(night, cue.pk, cue.version, None, self.editor)
