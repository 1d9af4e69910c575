"""How much the buffer may hold, from the configuration."""

from __future__ import annotations

from edge_agent.config.settings import Config
from edge_sync.store import Limits

_MB = 1_000_000
_DAY_S = 86_400.0


def limits_of(config: Config) -> Limits:
    """The store's limits."""
    said = config.limits
    return Limits(
        quota=said.quota_mb * _MB,
        floor=said.floor_mb * _MB,
        reserve=said.reserve_mb * _MB,
        waveform=said.waveform_mb * _MB,
        telemetry=said.telemetry_mb * _MB,
        held=said.held_mb * _MB,
        quarantine=said.quarantine_mb * _MB,
        waveform_s=said.waveform_days * _DAY_S,
        telemetry_s=said.telemetry_days * _DAY_S,
        past_s=said.past_days * _DAY_S,
    )
