"""publish(): each update is written once, completely, with the next seq.

These tests run on SQLite, and on PostgreSQL through test_postgresql.py.
"""

from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from broadcaster.domain.rejection import Rejected
from broadcaster.domain.stream import Replica
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing import history
from broadcaster.publishing.publish import start_over
from tests.support.changes import CONTESTS, RACES, changes, parse_change
from tests.support.contests import president
from tests.support.log import publish


def new_broadcast(on_air=True):
    broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
    if on_air:
        publish(broadcast, parse_change({"kind": "start"}))
    return broadcast


def call(unit, party="D", **more):
    calls = {unit: {"status": "called", "party": party}}
    return parse_change({"calls": calls, "story": {"headline": unit}, **more})


class PublishTests(TestCase):
    def test_update_gets_the_next_seq_and_changes_the_map(self):
        broadcast = new_broadcast()

        publication = publish(broadcast, call("PA"))

        broadcast.refresh_from_db()
        self.assertEqual((publication.epoch, publication.seq), (broadcast.epoch, 2))
        self.assertEqual(broadcast.seq, 2)
        self.assertEqual(broadcast.at, publication.at)
        called = {"president": {"PA": {"status": "called", "party": "D"}}}
        self.assertEqual(broadcast.state.to_dict()["calls"], called)
        totals = {"D": 20, "R": 0, "O": 0, "uncalled": 518}
        self.assertEqual(publication.totals, {"president": totals})

    def test_update_off_air_is_rejected_and_not_written(self):
        broadcast = new_broadcast(on_air=False)

        with self.assertRaisesMessage(Rejected, "off air"):
            publish(broadcast, call("PA"))

        broadcast.refresh_from_db()
        self.assertEqual(broadcast.seq, 0)
        self.assertEqual(Publication.objects.count(), 0)

    def test_repeated_client_id_publishes_once(self):
        broadcast = new_broadcast()

        first = publish(broadcast, call("PA"), client_id="ap-17")
        again = publish(broadcast, call("PA"), client_id="ap-17")

        self.assertEqual(first, again)
        self.assertEqual(Publication.objects.count(), 2)

    def test_client_id_of_another_update_is_rejected(self):
        broadcast = new_broadcast()
        publish(broadcast, call("PA"), client_id="ap-17")

        with self.assertRaisesMessage(Rejected, "ap-17 was used for another update, seq 2"):
            publish(broadcast, call("OH"), client_id="ap-17")

    def test_correction_must_name_the_update_that_made_the_call(self):
        broadcast = new_broadcast()
        publish(broadcast, call("PA"))
        publish(broadcast, call("AZ"))
        retract = {
            "kind": "correct",
            "reason": "Too early",
            "calls": {"president": {"AZ": {"status": "retracted"}}},
            "story": {"headline": "Arizona is not called"},
        }

        for wrong in (1, 2, 9):
            with self.assertRaisesMessage(Rejected, f"Update {wrong} did not call AZ"):
                publish(broadcast, parse_change({**retract, "corrects": wrong}))
        publication = publish(broadcast, parse_change({**retract, "corrects": 3}))

        self.assertEqual(publication.totals["president"]["D"], 20)

    def test_correction_must_change_a_call_that_stands(self):
        broadcast = new_broadcast()
        too_close = {"calls": {"president": {"AZ": {"status": "too_close"}}}}
        publish(broadcast, parse_change(too_close))
        publish(broadcast, call("AZ"))
        correct = {"kind": "correct", "reason": "Wrong", "story": {"headline": "Arizona"}}

        for corrects, result, reason in [
            (2, {"status": "retracted"}, "Update 2 did not call AZ"),
            (3, {"status": "called", "party": "D"}, "AZ is called D already"),
        ]:
            change = parse_change(
                {**correct, "corrects": corrects, "calls": {"president": {"AZ": result}}}
            )
            with self.assertRaisesMessage(Rejected, reason):
                publish(broadcast, change)
        other = {"status": "called", "party": "R"}
        publish(
            broadcast,
            parse_change({**correct, "corrects": 3, "calls": {"president": {"AZ": other}}}),
        )

        self.assertEqual(Broadcast.objects.get().state.to_dict()["calls"]["president"]["AZ"], other)

    def test_saving_a_stale_broadcast_does_not_undo_an_update(self):
        broadcast = new_broadcast()
        form = Broadcast.objects.get()
        publish(broadcast, call("PA"))

        form.title = "Late night"
        form.save()
        publish(broadcast, call("OH"))

        broadcast.refresh_from_db()
        self.assertEqual((broadcast.title, broadcast.seq), ("Late night", 3))
        self.assertEqual(set(broadcast.state.calls["president"]), {"PA", "OH"})

    def test_starting_over_keeps_the_old_log_under_its_epoch(self):
        broadcast = new_broadcast()
        publish(broadcast, call("PA"), client_id="one")
        old = Broadcast.objects.get().position

        start_over(broadcast)
        publish(broadcast, parse_change({"kind": "start"}), client_id="one")

        broadcast.refresh_from_db()
        self.assertEqual(broadcast.seq, 1)
        self.assertNotEqual(broadcast.epoch, old.epoch)
        self.assertEqual(broadcast.state.to_dict()["calls"], {})
        self.assertEqual(Publication.objects.filter(epoch=old.epoch).count(), 2)

    def test_broadcast_with_publications_cannot_be_deleted(self):
        broadcast = new_broadcast()

        with self.assertRaises(ProtectedError):
            broadcast.delete()


class FoldOfTheLog(HypothesisTestCase):
    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.lists(changes(), max_size=12), st.data())
    def test_stored_state_is_the_fold_of_the_stored_log(self, generated, data):
        broadcast = new_broadcast()
        cut = data.draw(st.integers(0, len(generated)))
        replica = None
        for number, change in enumerate(generated):
            if number == cut:
                replica = Replica(history.snapshot(Broadcast.objects.get()), CONTESTS)
            try:
                publish(broadcast, change)
            except Rejected:
                continue
        broadcast.refresh_from_db()
        replica = replica or Replica(history.snapshot(broadcast), CONTESTS)

        for update in history.updates_after(broadcast.pk, replica.position, 100):
            self.assertEqual(replica.apply(broadcast.epoch, update), "applied")

        self.assertEqual(replica.snapshot(), history.snapshot(broadcast))


class RolledBackTransaction(TransactionTestCase):
    def test_rolled_back_transaction_leaves_no_publication(self):
        broadcast = new_broadcast()

        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            publish(broadcast, call("PA"))
            1 / 0  # noqa: B018

        self.assertEqual(Broadcast.objects.get().seq, 1)
        self.assertEqual(Publication.objects.count(), 1)


class ConcurrentPublishers(TransactionTestCase):
    def test_concurrent_publishers_use_every_seq_once(self):
        broadcast = new_broadcast()
        user = get_user_model().objects.create(username="desk")

        def publish_calls(units):
            for unit in units:
                publish(broadcast, call(unit), by=user)
            connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(publish_calls, [RACES[n::4] for n in range(4)]))

        broadcast.refresh_from_db()
        log = list(Publication.objects.order_by("seq"))
        self.assertEqual([row.seq for row in log], list(range(1, 58)))
        self.assertEqual(broadcast.seq, 57)
        self.assertEqual(set(broadcast.state.to_dict()["calls"]["president"]), set(RACES))
        totals = {"D": 538, "R": 0, "O": 0, "uncalled": 0}
        self.assertEqual(log[-1].totals, {"president": totals})

    def test_concurrent_requests_with_one_client_id_publish_once(self):
        broadcast = new_broadcast()

        def publish_call(_):
            publication = publish(broadcast, call("PA"), client_id="ap-17")
            connection.close()
            return publication.seq

        with ThreadPoolExecutor(4) as pool:
            self.assertEqual(set(pool.map(publish_call, range(8))), {2})
