"""What is computed from a device's frames, of every device there is."""

from __future__ import annotations

import pytest

from edge_agent.inflow.signals import signals_for
from firmware_specs import catalog

SPECS = catalog.find_all()


@pytest.mark.parametrize("device", SPECS)
def test_every_device_can_be_driven(device: str) -> None:
    """Some say a kind by a coded field, which is no text; none has learnt anything yet."""
    assert signals_for(SPECS[device].spec, 50).last() == ()
