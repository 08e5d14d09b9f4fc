"""What killed runs leave behind in the database, and how it is put away."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from io import StringIO

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.domain.change import Change, Kind
from broadcaster.models import ApiToken, Broadcast
from loadtest.swarm.leftovers import USER, local_token
from tests.support.contests import president
from tests.support.log import publish

HERE = socket.gethostname()


def tidy():
    """Run `manage.py swarm --tidy`; return what it prints."""
    out = StringIO()
    call_command("swarm", "--tidy", stdout=out)
    return out.getvalue()


def on_air(slug):
    """Return an unlisted broadcast that is on air, as a run makes it."""
    broadcast = Broadcast.objects.create(
        slug=slug, title="Viewer swarm", listed=False, contests=president(2020)
    )
    publish(broadcast, Change(Kind.START))
    return broadcast


class Tidy(TransactionTestCase):
    def leave(self, slug, pid, host=HERE):
        """Make what a run of a process leaves if it is killed."""
        user, _ = get_user_model().objects.get_or_create(username=USER)
        ApiToken.issue(user, f"manage.py swarm, run {slug}, process {pid} on {host}")
        return self.broadcast(slug)

    def broadcast(self, slug, age=timedelta(0)):
        broadcast = on_air(slug)
        Broadcast.objects.filter(pk=broadcast.pk).update(at=timezone.now() - age)
        return broadcast

    def phase(self, broadcast):
        return Broadcast.objects.get(pk=broadcast.pk).phase

    def test_token_and_broadcast_of_a_dead_process_are_put_away(self):
        with subprocess.Popen([sys.executable, "-c", ""]) as dead:
            pass
        broadcast = self.leave("swarm-1", dead.pid)
        self.assertIn("Ended the broadcast swarm-1", tidy())
        self.assertEqual(self.phase(broadcast), "ended")
        self.assertFalse(ApiToken.objects.exists())

    def test_run_that_goes_on_is_left_alone(self):
        broadcast = self.leave("swarm-1", os.getpid())
        self.assertIn("Nothing was left behind", tidy())
        self.assertEqual(self.phase(broadcast), "live")
        self.assertEqual(ApiToken.objects.count(), 1)

    def test_run_of_another_host_is_left_alone_and_named(self):
        broadcast = self.leave("swarm-1", 1, host="elsewhere")
        self.assertIn("it was started on elsewhere", tidy())
        self.assertEqual(self.phase(broadcast), "live")
        self.assertEqual(ApiToken.objects.count(), 1)

    def test_broadcast_without_a_token_is_ended_once_it_is_quiet(self):
        young = self.broadcast("swarm-1")
        old = self.broadcast("swarm-2", age=timedelta(hours=1))
        output = tidy()
        self.assertIn("Left the broadcast swarm-1", output)
        self.assertIn("Ended the broadcast swarm-2", output)
        self.assertEqual((self.phase(young), self.phase(old)), ("live", "ended"))

    def test_broadcasts_and_tokens_of_others_are_not_touched(self):
        night = self.broadcast("night", age=timedelta(hours=1))
        ApiToken.issue(get_user_model().objects.create(username="ann"), "manage.py swarm, run")
        self.assertIn("Nothing was left behind", tidy())
        self.assertEqual(self.phase(night), "live")
        self.assertEqual(ApiToken.objects.count(), 1)


class LocalToken(TransactionTestCase):
    def test_run_puts_away_its_broadcast_and_token(self):
        with local_token("swarm-1") as token:
            self.assertTrue(ApiToken.objects.filter(digest=ApiToken.hash(token)).exists())
            broadcast = on_air("swarm-1")
        self.assertEqual(Broadcast.objects.get(pk=broadcast.pk).phase, "ended")
        self.assertFalse(ApiToken.objects.exists())

    def test_broadcast_that_was_never_on_air_is_deleted(self):
        with local_token("swarm-1"):
            Broadcast.objects.create(
                slug="swarm-1", title="Viewer swarm", listed=False, contests=president(2020)
            )
        self.assertFalse(Broadcast.objects.exists())
