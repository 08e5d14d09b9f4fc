"""The rules of publish() hold for changes from commands, sockets, console, API and schedule."""

from datetime import timedelta

from django.core.management import CommandError, call_command
from django.utils import timezone

from broadcaster.domain.rejection import Rejected
from broadcaster.models import Broadcast, Publication, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish, start_over
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.desk import DeskCase, calling

VIEW = {"view": {"focus": "OH"}}
COMMAND_LINE = Actor(None, Via.COMMAND)


class PublishRules(DeskCase):
    def publish(self, change=VIEW, **options):
        return publish(self.night, parse_change(change), COMMAND_LINE, **options)

    def test_archived_broadcast_cannot_start_over(self):
        show = Broadcast.objects.create(
            slug="old", title="Old", archived_at=timezone.now(), contests=president(2020)
        )

        with self.assertRaisesMessage(Rejected, "archived"):
            start_over(show)

        self.assertEqual(Broadcast.objects.get(pk=show.pk).epoch, show.epoch)

    def test_archived_broadcast_cannot_be_started_by_a_command(self):
        show = Broadcast.objects.create(
            slug="old", title="Old", archived_at=timezone.now(), contests=president(2020)
        )

        with self.assertRaisesMessage(CommandError, "archived"):
            call_command("publish", "old", '{"kind": "start"}')

        self.assertEqual(Publication.objects.filter(broadcast=show).count(), 0)

    def test_cue_of_an_archived_broadcast_has_the_reason_why_it_cannot_be_taken(self):
        cue = self.cue()
        Broadcast.objects.filter(pk=self.night.pk).update(archived_at=timezone.now())

        self.assertEqual(self.listed(cue)["rejection"], "The broadcast is archived.")

    def test_change_without_effect_is_rejected_from_every_way(self):
        self.publish()

        with self.assertRaisesMessage(Rejected, "Nothing would change"):
            self.publish()
        for via in ("socket", "console", "api"):
            self.assert_rejected(
                self.do(self.editor, "take", via=via, change=VIEW), 409, "Nothing would change"
            )

    def test_call_that_stands_already_is_rejected_from_every_way(self):
        self.publish(calling("NV"))
        cue = self.cue(calling("NV") | {"view": {"focus": "OH"}})
        again = calling("NV") | {"story": {"headline": "Nevada goes to Biden, again"}}

        with self.assertRaisesMessage(Rejected, "NV is called D already."):
            self.publish(again)
        for via in ("socket", "console", "api"):
            answer = self.do(self.editor, "take", via=via, change=again)
            self.assert_rejected(answer, 409, "NV is called D already.")
        self.assert_rejected(
            self.do(self.editor, "take_cue", cue=cue, version=1), 409, "called D already"
        )
        self.assertEqual(self.listed(cue)["rejection"], "NV is called D already.")
        self.assertEqual(self.seq(), 2)

    def test_calls_that_stand_already_are_left_out_of_an_update(self):
        self.publish(calling("NV"))
        cue = self.cue(calling("NV AZ"))

        self.do(self.editor, "take_cue", cue=cue, version=1)

        update = Publication.objects.get(broadcast=self.night, seq=3)
        self.assertEqual([*update.change.called], [("president", "AZ")])
        self.assertEqual(update.change.headline, "NV AZ called")

    def test_take_of_partly_standing_calls_is_done_once_for_its_idempotency_key(self):
        self.publish(calling("NV"))
        change, other = calling("NV AZ"), calling("NV AZ GA")

        first = self.do(self.editor, "take", change=change, client_id="one")
        again = self.do(self.editor, "take", change=change, client_id="one")

        self.assertEqual(first[0], 201)
        self.assertEqual(again, first)
        self.assert_rejected(
            self.do(self.editor, "take", change=other, client_id="one"),
            409,
            "client_id one was used for another update",
        )

    def test_stage_of_a_race_that_stands_already_is_rejected(self):
        close = {
            "calls": {"OH": {"status": "too_close"}, "PA": {"status": "too_close"}},
            "story": {"headline": "Close"},
        }
        self.publish(close)

        with self.assertRaisesMessage(Rejected, "All of its calls stand already: OH, PA."):
            self.publish(close | {"story": {"headline": "Still close"}})
        certified = {"NV": {"status": "certified", "party": "D"}}
        self.publish(calling("NV"))
        self.publish({"calls": certified, "story": {"headline": "Certified"}})  # is new

    def test_replayed_change_without_effect_is_published(self):
        self.publish()

        self.assertEqual(self.publish(replayed=True).seq, 3)

    def test_time_in_the_log_does_not_decrease_when_the_clock_does(self):
        ahead = timezone.now() + timedelta(minutes=1)
        Broadcast.objects.filter(pk=self.night.pk).update(at=ahead)

        first = self.publish()
        second = self.publish({"view": {"focus": "TX"}})

        self.assertEqual([first.at, second.at], [ahead, ahead])

    def test_publication_records_the_way_it_came(self):
        self.publish()
        self.do(self.editor, "take", change={"view": {"focus": "TX"}})
        self.do(self.editor, "take", via="api", change={"view": {"focus": "PA"}})

        rows = Publication.objects.order_by("seq").values_list("via", flat=True)
        self.assertEqual(list(rows), ["command", "command", "socket", "api"])

    def test_publication_without_a_user_has_the_name_of_its_way(self):
        self.assertEqual(self.publish().who, "command line")
        scheduled = publish(
            self.night, parse_change({"view": {"focus": "TX"}}), Actor(None, Via.SCHEDULE)
        )
        self.assertEqual(scheduled.who, "schedule")
