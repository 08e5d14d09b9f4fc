"""The rules at the gate hold whichever way a change comes."""

from datetime import timedelta

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.desk.permissions import EDITOR
from broadcaster.desk.rundown import prepare
from broadcaster.desk.takes import take_cue
from broadcaster.domain.change import Kind
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rejection import Rejected
from broadcaster.models import AuditEntry, Broadcast, Publication, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import desk_group, group_name
from broadcaster.publishing.publish import publish
from tests.support.desk import DeskCase
from tests.support.staff import staff

VIEW = {"view": {"focus": "OH"}}
COMMAND_LINE = Actor(None, Via.COMMAND)


class Rules(DeskCase):
    def publish(self, change=VIEW, **options):
        return publish(self.night, parse_change(change), COMMAND_LINE, **options)

    def test_an_archived_broadcast_cannot_be_started_by_a_command(self):
        show = Broadcast.objects.create(slug="old", title="Old", archived_at=timezone.now())

        with self.assertRaisesMessage(CommandError, "archived"):
            call_command("publish", "old", '{"kind": "start"}')

        self.assertEqual(Publication.objects.filter(broadcast=show).count(), 0)

    def test_an_archived_broadcasts_cue_says_why_it_cannot_be_taken(self):
        cue = self.cue()
        Broadcast.objects.filter(pk=self.night.pk).update(archived_at=timezone.now())

        self.assertEqual(self.listed(cue)["refusal"], "The broadcast is archived.")

    def test_a_change_that_changes_nothing_is_rejected_whichever_way_it_comes(self):
        self.publish()

        with self.assertRaisesMessage(Rejected, "Nothing would change"):
            self.publish()
        for via in ("socket", "console", "api"):
            self.assertRefused(
                self.do(self.editor, "take", via=via, change=VIEW), 409, "Nothing would change"
            )

    def test_a_replayed_change_may_change_nothing(self):
        self.publish()

        self.assertEqual(self.publish(replayed=True).seq, 3)

    def test_a_clock_set_back_does_not_set_the_logs_time_back(self):
        ahead = timezone.now() + timedelta(minutes=1)
        Broadcast.objects.filter(pk=self.night.pk).update(at=ahead)

        first = self.publish()
        second = self.publish({"view": {"focus": "TX"}})

        self.assertEqual([first.at, second.at], [ahead, ahead])

    def test_a_publication_keeps_the_way_it_came(self):
        self.publish()
        self.do(self.editor, "take", change={"view": {"focus": "TX"}})
        self.do(self.editor, "take", via="api", change={"view": {"focus": "PA"}})

        rows = Publication.objects.order_by("seq").values_list("via", flat=True)
        self.assertEqual(list(rows), ["command", "command", "socket", "api"])

    def test_a_publication_without_a_user_is_named_after_its_way(self):
        self.assertEqual(self.publish().who, "command line")
        scheduled = publish(
            self.night, parse_change({"view": {"focus": "TX"}}), Actor(None, Via.SCHEDULE)
        )
        self.assertEqual(scheduled.who, "schedule")


class Announcements(TransactionTestCase):
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
        night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        self.editor = Actor(staff("editor", EDITOR), Via.SOCKET)
        publish(night, parse_change({"kind": "start"}), COMMAND_LINE)
        return night, prepare(night, "Ohio", parse_change(VIEW), None, self.editor)

    @database_sync_to_async
    def take(self, night, cue):
        take_cue(night, cue.pk, cue.version, None, self.editor)


class Migration(TransactionTestCase):
    def tearDown(self):
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    def test_earlier_publications_get_their_way_from_the_audit(self):
        before = [("broadcaster", "0005_rebroadcasts")]
        apps = self.migrate(before)
        night = apps.get_model("broadcaster", "Broadcast").objects.create(
            slug="night", title="Night", epoch="e", state={}
        )
        for seq in (1, 2):
            apps.get_model("broadcaster", "Publication").objects.create(
                broadcast=night,
                epoch="e",
                seq=seq,
                at=timezone.now(),
                kind=Kind.UPDATE,
                change={"kind": "update"},
                totals={},
            )
        apps.get_model("broadcaster", "AuditEntry").objects.create(
            action="took", who="editor", broadcast=night, epoch="e", seq=2, via="socket"
        )

        apps = self.migrate([("broadcaster", "0006_publication_via")])

        rows = apps.get_model("broadcaster", "Publication").objects.order_by("seq")
        self.assertEqual([row.via for row in rows], ["command", "socket"])
        rows.delete()
        night.delete()
        self.assertEqual(AuditEntry.objects.count(), 1)

    def migrate(self, targets):
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps
