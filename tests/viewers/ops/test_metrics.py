"""/metrics has this process's viewers and deliveries, by broadcast and transport."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from channels.layers import InMemoryChannelLayer
from prometheus_client.parser import text_string_to_metric_families

from broadcaster.domain.parsing import parse_change
from tests.support.changes import fold
from tests.support.memory_log import MemoryLog
from viewers.fanout.relay_registry import RelayRegistry
from viewers.fanout.subscription import Subscription
from viewers.ops.metrics import exposition


class MetricsTests(IsolatedAsyncioTestCase):
    async def test_metrics_count_viewers_and_deliveries(self):
        start, updates = fold([parse_change({"view": {"focus": "OH"}})])
        relays = RelayRegistry(MemoryLog(start, []), InMemoryChannelLayer())
        self.addAsyncCleanup(relays.stop)
        hub = await relays.hub("night")
        viewers = [Subscription(hub, "ws", hub.replica.position) for _ in range(3)]
        for viewer in viewers:
            await viewer.__aenter__()
        waiting = [asyncio.create_task(viewer.next()) for viewer in viewers[:2]]
        await asyncio.sleep(0)

        hub.apply("e", updates[0])
        await hub.fan_out()
        await asyncio.gather(*waiting)
        text = exposition(relays.running).decode()

        families = {family.name: family for family in text_string_to_metric_families(text)}
        self.assertEqual(
            {name: family.type for name, family in families.items()},
            {
                "mapcenter_viewers": "gauge",
                "mapcenter_behind": "gauge",
                "mapcenter_delivery_seconds": "histogram",
                "mapcenter_position_age_seconds": "gauge",
            },
        )
        self.assertIn('mapcenter_viewers{broadcast="night",transport="ws"} 3.0\n', text)
        self.assertIn('mapcenter_behind{broadcast="night",transport="ws"} 1.0\n', text)
        self.assertIn('_seconds_count{broadcast="night",transport="ws"} 2.0\n', text)
        self.assertIn('mapcenter_position_age_seconds{broadcast="night"} 0.0\n', text)
        buckets = [
            sample.value
            for sample in families["mapcenter_delivery_seconds"].samples
            if sample.name.endswith("_bucket") and sample.labels["transport"] == "ws"
        ]
        self.assertEqual(buckets, [0] * 10 + [2])  # published in 1970: later than every bound
