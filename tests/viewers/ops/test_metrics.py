"""The metrics of one process, and how those of several become one."""

import asyncio
from unittest import IsolatedAsyncioTestCase, TestCase

from channels.layers import InMemoryChannelLayer
from prometheus_client.parser import text_string_to_metric_families

from tests.support.changes import fold, parse_change
from tests.support.memory_log import MemoryLog
from viewers.fanout.relay_registry import RelayRegistry
from viewers.fanout.subscription import Subscription
from viewers.ops.metrics import added, measure, text


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
        text = measure(relays).decode()

        families = {family.name: family for family in text_string_to_metric_families(text)}
        kinds = {name: family.type for name, family in families.items()}
        expected = {
            "mapcenter_viewers": "gauge",
            "mapcenter_behind": "gauge",
            "mapcenter_delivery_seconds": "histogram",
            "mapcenter_position_age_seconds": "gauge",
            "mapcenter_room": "gauge",
            "process_cpu_seconds": "counter",
            "process_resident_memory_bytes": "gauge",
            "process_open_fds": "gauge",
            "process_max_fds": "gauge",
        }
        self.assertLessEqual(expected.items(), kinds.items())
        self.assertIn(f"mapcenter_room {relays.limit - 3}.0\n", text)
        self.assertIn('mapcenter_viewers{broadcast="night",transport="ws"} 3.0\n', text)
        self.assertIn('mapcenter_behind{broadcast="night",transport="ws"} 1.0\n', text)
        self.assertIn('_seconds_count{broadcast="night",transport="ws"} 2.0\n', text)
        self.assertRegex(text, r"mapcenter_position_age_seconds\{broadcast=\"night\"\} 0\.\d\n")
        buckets = [
            sample.value
            for sample in families["mapcenter_delivery_seconds"].samples
            if sample.name.endswith("_bucket") and sample.labels["transport"] == "ws"
        ]
        self.assertEqual(buckets, [0] * 10 + [2])  # published in 1970: later than every bound


ONE = b"""\
# HELP mapcenter_viewers Connections now.
# TYPE mapcenter_viewers gauge
mapcenter_viewers{broadcast="night",transport="ws"} 3.0
# HELP mapcenter_position_age_seconds Since the head of the log.
# TYPE mapcenter_position_age_seconds gauge
mapcenter_position_age_seconds{broadcast="night"} 2.5
# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 10.0
# HELP process_start_time_seconds Start.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1000.0
"""
OTHER = ONE.replace(b" 3.0", b" 4.0").replace(b" 2.5", b" 9.5").replace(b"1000.0", b"1100.0")


class AddedMetricsTests(TestCase):
    def test_metrics_of_processes_are_added_up(self):
        exposed = text(added([ONE, OTHER], [])).decode()

        self.assertIn('mapcenter_viewers{broadcast="night",transport="ws"} 7.0\n', exposed)
        self.assertIn('mapcenter_position_age_seconds{broadcast="night"} 9.5\n', exposed)
        self.assertIn("process_cpu_seconds_total 20.0\n", exposed)
        self.assertIn("process_start_time_seconds 1000.0\n", exposed)

    def test_process_that_ended_keeps_its_counters_only(self):
        exposed = text(added([ONE], [OTHER])).decode()

        self.assertIn('mapcenter_viewers{broadcast="night",transport="ws"} 3.0\n', exposed)
        self.assertIn("process_cpu_seconds_total 20.0\n", exposed)

    def test_process_that_ended_with_equal_figures_hides_no_gauge_of_another(self):
        exposed = text(added([ONE], [ONE])).decode()

        self.assertIn('mapcenter_viewers{broadcast="night",transport="ws"} 3.0\n', exposed)
