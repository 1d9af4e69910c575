"""How much the buffer may hold. Each default suits a card of 16 GB."""

from __future__ import annotations

import msgspec

from edge_agent.model.records import Lane

MB = 1_000_000


class Limits(msgspec.Struct, frozen=True):
    """What may be spent; alarms, results and observations are never evicted within the quota.

    Attributes:
        quota: octets that the file may have.
        floor: octets of the disk that are left to others: below it the file does not grow; at most
            a tenth of the disk.
        reserve: octets of the reserve file, with which a full disk can still be drained; at most a
            tenth of the disk.
        waveform, telemetry, held, quarantine: octets of payloads there; of what is held, only
            waveforms and telemetry yield.
        waveform_s, telemetry_s: seconds after which a row yields.
        commands, bindings, boots: commands that the journal remembers, revisions of bindings, and
            clock mappings: so many in any case, the last ones.
        over_s: seconds for which a command that expired and a binding that ended are kept as well.
        audit: entries of the audit chain that are kept, at least.
        past: copies of readings that stay when they have left, the last ones; about half a
            kilobyte each.
        past_s: seconds for which they stay.
    """

    quota: int = 4_000 * MB
    floor: int = 200 * MB
    reserve: int = 8 * MB
    waveform: int = 2_500 * MB
    telemetry: int = 100 * MB
    held: int = 500 * MB
    quarantine: int = 50 * MB
    waveform_s: float = 30 * 86_400.0
    telemetry_s: float = 7 * 86_400.0
    commands: int = 10_000
    bindings: int = 2_000
    boots: int = 1_000
    over_s: float = 31 * 86_400.0
    audit: int = 200_000
    past: int = 30_000
    past_s: float = 90 * 86_400.0

    @property
    def budgets(self) -> tuple[tuple[Lane, int, float], ...]:
        """The lanes that yield, the least important first: octets and seconds."""
        return (
            (Lane.TELEMETRY, self.telemetry, self.telemetry_s),
            (Lane.WAVEFORM, self.waveform, self.waveform_s),
        )
