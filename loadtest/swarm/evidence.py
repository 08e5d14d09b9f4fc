"""What a simulator has reported in case that it is lost, and what of it counts."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtest.swarm.messages import EvidenceReport, Visit
from loadtest.swarm.tally import MessageTally, Tally, expected_at

SETTLED = 10.0  # seconds after which an update that has not arrived is missing


@dataclass
class Evidence:
    """What a simulator has reported in case that it is lost."""

    reported: int = 0  # ns, when the last report came
    tally: Tally = field(default_factory=Tally)
    visits: list[Visit] = field(default_factory=list)
    receipts: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def add(self, report: EvidenceReport, now: int) -> None:
        """Add a report, which came at `now` (ns)."""
        self.reported = now
        self.tally = Tally.decode(report.tally)
        self.visits = report.visits
        for transport, by_seq in report.receipts.items():
            self.receipts.setdefault(transport, {}).update(by_seq)

    def count(self, intended: Mapping[int, int]) -> Tally:
        """Return what counts of a lost simulator. `intended` has send times (ns) by seq.

        An update sent shortly before the last report may have arrived afterwards: it is expected of
        the viewers that had it, and of no others. Later ones, and viewers that had not connected,
        do not count.
        """
        tally = self.tally
        tally.requested = tally.connected + tally.unconnected.total()
        tally.lost = tally.connected
        for seq, at in intended.items():
            if at < self.reported:
                receipts = {
                    transport: array("q", by_seq[seq])
                    for transport, by_seq in self.receipts.items()
                    if seq in by_seq
                }
                message = MessageTally.fold(receipts, at, expected_at(seq, self.visits))
                if self.reported - at < SETTLED * 1e9:
                    message.expected = message.received
                tally.messages[seq] = message
        return tally
