"""What a run measures every second: a report has it as it is."""

from dataclasses import dataclass

SAMPLE = 1.0  # seconds between two samples


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of the run. CPU is the mean number of cores used since the sample before."""

    at: float  # seconds since the ramp began
    phase: str
    due: int  # viewers that should have arrived
    ws: int
    poll: int
    failures: int  # failed attempts, so far
    server_cpu: dict[str, float]  # by process or server, as is memory in bytes
    server_memory: dict[str, int]
    server_files: int
    simulator_cpu: list[float]
    lag: float  # seconds: the worst of any simulator
    machine: float  # share of all cores in use
    sockets: dict[str, int]
