"""A virtual radio in this process and a gateway in its air."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from edge_simulators.radio import VirtualRadio
from tests.simulators.peers import Central
from tests.support.loop import jump


@pytest.fixture
async def radio() -> VirtualRadio:
    jump()
    return VirtualRadio()


@pytest.fixture
async def central(radio: VirtualRadio) -> AsyncIterator[Central]:
    with radio.transport() as transport:
        yield await Central.over(transport)
