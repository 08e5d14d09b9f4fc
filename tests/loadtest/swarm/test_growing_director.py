"""One audience that grows, shrinks and grows again, on a real server."""

import asyncio

from django.test import TransactionTestCase

from broadcaster.models import Broadcast
from loadtest.common.plan import Plan, parse_rounds
from loadtest.swarm.growing_director import GrowingDirector
from loadtest.swarm.leftovers import local_token
from loadtest.swarm.reach import resolve
from loadtest.swarm.run import Run
from loadtest.swarm.server_meter import ServerMeter
from tests.support.server import ServeProcess


class Silent:
    """A view that shows nothing."""

    def show(self, run):
        pass


class GrowingAudience(TransactionTestCase):
    def play(self, server, sizes):
        """Play one size after the other; return their runs."""
        plan = Plan(
            resolve(server.url),
            clients=max(sizes),
            simulators=2,
            transport="mix",
            ramp=0.3,
            settle=0.1,
            rounds=parse_rounds("2@0.3"),
        )
        runs, left = [], iter(sizes)

        def choose(run):
            if run is not None:
                runs.append(run)
            return next(left, None)

        slug = "swarm-growing"
        with local_token(slug) as token:
            run = Run(plan, slug, local_token=True)
            asyncio.run(GrowingDirector(run, ServerMeter(), token, Silent(), choose).play())
        return runs

    def test_every_size_is_counted_alone_also_after_the_audience_shrank(self):
        sizes = [10, 24, 8, 15]
        with ServeProcess() as server:
            runs = self.play(server, sizes)
        self.assertEqual([run.plan.clients for run in runs], sizes)
        for run in runs:
            tally = run.tally
            size = run.plan.clients
            with self.subTest(size):
                self.assertEqual((tally.requested, tally.connected), (size, size))
                self.assertEqual((tally.expected, tally.missing), (2 * size, 0))
                self.assertEqual(tally.converged, size)
                self.assertEqual((tally.losses, tally.unconnected), ({}, {}))
        self.assertEqual(Broadcast.objects.get().phase, "ended")
