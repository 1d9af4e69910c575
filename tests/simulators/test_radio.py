"""A gateway in another process reaches peripherals over TCP, and can die without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bumble.transport.tcp_client import open_tcp_client_transport

from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.radio import VirtualRadio
from tests.simulators.peers import Central, journalled, next_of

ADDRESS = "F0:00:00:18:0D:01"


async def test_a_killed_gateway_is_followed_by_the_next(tmp_path: Path) -> None:
    radio = VirtualRadio()
    strap = HeartRateStrap(Place(alias="strap", journals=tmp_path), radio.air, every=0.01)
    await strap.start()
    endpoint = (await radio.listen()).removeprefix("virtual:tcp:")
    received: list[bytes] = []
    for _ in range(3):
        transport = await open_tcp_client_transport(endpoint)
        central = await Central.over(transport)
        queue = await (await central.connect(ADDRESS)).listen("2A37")
        received += [await next_of(queue) for _ in range(3)]
        await transport.close()  # as kill -9 does: no HCI, no link layer, just gone
    await asyncio.sleep(0.05)
    made = [bytes.fromhex(line["octets"]) for line in journalled(tmp_path, "strap")]
    await strap.stop()
    await radio.close()
    iterator = iter(made)
    assert all(octets in iterator for octets in received), "received in the order of the journal"
    assert len(made) < len(received) + 60, "nothing is made while nobody listens"
