"""The metrics of a Map Center, read from the text of its /metrics."""

from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from loadtest.common.server_processes import Usage

CPU = "process_cpu_seconds_total"
MEMORY = "process_resident_memory_bytes"
FILES = "process_open_fds"
STARTED = "process_start_time_seconds"
VIEWERS = "mapcenter_viewers"
ROOM = "mapcenter_room"


@dataclass(frozen=True, slots=True)
class Exposition:
    """What one server says about itself, or about all processes of its port together."""

    usage: Usage
    started: float  # seconds since 1970
    room: int  # viewers that it can still take
    counts: dict[tuple[str, str], int]  # viewers by broadcast and transport

    def viewers(self, slug: str) -> dict[str, int]:
        """Return the viewers of one broadcast by transport."""
        return {kind: count for (name, kind), count in self.counts.items() if name == slug}


def parse_exposition(text: bytes) -> Exposition | None:
    """Return the metrics; None if the text is something else."""
    try:
        families = list(text_string_to_metric_families(text.decode()))
    except ValueError:
        return None
    values = {one.name: one.value for family in families for one in family.samples}
    if not {CPU, MEMORY, STARTED, ROOM} <= values.keys():
        return None
    return Exposition(
        Usage(values[CPU], int(values[MEMORY]), int(values.get(FILES, 0))),
        values[STARTED],
        int(values[ROOM]),
        _viewers(families),
    )


def _viewers(families: list[Metric]) -> dict[tuple[str, str], int]:
    return {
        (one.labels.get("broadcast", ""), one.labels.get("transport", "")): int(one.value)
        for family in families
        for one in family.samples
        if one.name == VIEWERS
    }
