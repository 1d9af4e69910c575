"""What a person can do about a signal that is poor just now; numpy is loaded only when one is."""

from __future__ import annotations

from edge_agent.control.answered import SignalAdvice
from edge_agent.inflow.roster import DeviceState
from edge_agent.model.devices import LinkState

FRESH_S = 10.0
"""A window of a stream that fell silent since says nothing of now."""


def advised(state: DeviceState, age: float | None) -> tuple[SignalAdvice, ...]:
    """Of each lead of a device that is poor now, what to do about the worst that is wrong with it.

    Args:
        state: of the device.
        age: seconds since its last frame; None before the first.
    """
    is_live = state.link is LinkState.CONNECTED and age is not None and age <= FRESH_S
    if not is_live or not state.poor:
        return ()
    from edge_signal.advice import advice
    from edge_signal.sheets.ecg import label
    from edge_signal.values import Reason

    said = [(lead, why, advice(Reason(why[0]), lead)) for lead, why in state.poor.items() if why]
    return tuple(
        SignalAdvice(state.alias, label(lead), why, told.en, told.zh) for lead, why, told in said
    )
