"""Reports how viewers came, left and came back, and the bytes they were sent."""

from hdrh.histogram import HdrHistogram

from loadtest.common.plan import duration
from loadtest.swarm.histograms import quantiles
from loadtest.swarm.report.model import AudienceReport, BytesReport, PagesReport, Percentiles
from loadtest.swarm.run import Run
from loadtest.swarm.tally import AudienceTally, Tally

SPECTRUM = [1 - 10 ** (-step / 10) for step in range(61)]  # shares, up to all but a millionth


def audience_report(run: Run, tally: Tally) -> AudienceReport:
    """Return the part of the report about viewers' coming and going."""
    found = tally.audience
    cpu, arrived = run.arrivals_cpu, tally.connected
    waits = found.pool_waits
    return AudienceReport(
        arrival=percentiles(found.arriving, found.arriving.total_count),
        arrival_cpu=None if cpu is None or not arrived else cpu / arrived * 1e3,
        pages=_pages(found) if run.plan.page else None,
        departures=found.departures,
        sleeps=found.sleeps,
        away=found.away,
        fell_back=found.fell_back,
        slow=found.slow,
        slow_closed=found.slow_closed,
        returned=found.returning.total_count,
        returning=_percentiles_if_any(found.returning),
        pool_waits=_percentiles_if_any(waits),
        pool_longest=waits.get_max_value() / 1e3 if waits.total_count else None,
        bytes=_bytes(run, tally),
        spectrum={
            name: spectrum(times)
            for name, times in (
                ("first frame", found.arriving),
                ("page and files", found.loading),
                ("back after the storm", found.returning),
                ("wait for a pooled connection", waits),
            )
            if times.total_count
        },
    )


def spectrum(delays: HdrHistogram) -> list[tuple[float, float | None]]:
    """Return shares and delays, up to the share that leaves out one."""
    count = delays.total_count
    finest = 1 - 1 / count if count else 0
    shares = [q for q in SPECTRUM if q <= finest]
    return list(zip(shares, quantiles(delays, shares, count), strict=True))


def percentiles(delays: HdrHistogram, expected: int) -> Percentiles:
    """Return the delays within which 50, 95 and 99 % of `expected` arrived."""
    return Percentiles(*quantiles(delays, [0.5, 0.95, 0.99], expected))


def _percentiles_if_any(delays: HdrHistogram) -> Percentiles | None:
    count = delays.total_count
    return percentiles(delays, count) if count else None


def _pages(found: AudienceTally) -> PagesReport:
    loaded = max(found.pages, 1)
    return PagesReport(
        loaded=found.pages,
        failures=dict(found.page_failures),
        load=percentiles(found.loading, found.loading.total_count),
        requests=found.page_requests / loaded,
        size=found.page_bytes / loaded,
    )


def _bytes(run: Run, tally: Tally) -> BytesReport | None:
    """Return the bytes of the rounds; None if not all updates were sent and received."""
    updates = len(run.intended)
    received = tally.received
    if not updates or not received or run.interrupted:
        return None
    by_transport = {
        transport: sum(
            message.delays[transport].total_count
            for message in tally.messages.values()
            if transport in message.delays
        )
        for transport in tally.audience.wire
    }
    seconds = duration(run.plan.rounds)
    payload = tally.audience.payload.total() / received
    viewers = sum(run.our_count.values())
    return BytesReport(
        rate=updates / seconds,
        payload=payload,
        wire={
            transport: tally.audience.wire[transport] / count
            for transport, count in by_transport.items()
            if count
        },
        mean=tally.audience.wire.total() / received,
        viewers=viewers,
        estimated=updates / seconds * payload * viewers,
        measured=tally.audience.wire.total() / seconds,
    )
