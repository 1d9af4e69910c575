"""A gateway's memory and a virtual radio, fresh for each test."""

from __future__ import annotations

import pytest

from edge_simulators.radio import VirtualRadio
from tests.support.gateway import Gateway


@pytest.fixture
async def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def air() -> VirtualRadio:
    return VirtualRadio()
