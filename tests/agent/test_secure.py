"""The whole agent over TLS with certificates on both sides, and told the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from edge_sync.keys import make_signer
from tests.support.agent import HEAD, Agent, Region, until
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto

MEMORY_BUDGET = 60_000_000


async def test_it_is_believed_told_the_time_and_stays_small(
    start_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "certificates")
    certificate, key = authority.certify("broker")
    mosquitto = start_mosquitto(
        f"cafile {authority.file}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
    )
    url = f"mqtts://127.0.0.1:{mosquitto.port}"
    signer = make_signer(tmp_path / "region-1.pem")
    (tmp_path / "keys").write_text(signer.public_line)
    certificate, key = authority.certify("client")
    region = Region(url, tmp_path)
    region.arguments += ["--ca-file", authority.file, "--cert-file", certificate]
    region.arguments += ["--key-file", key, "--sign-with", str(tmp_path / "region-1.pem")]
    config = tmp_path / "agent.toml"
    head = HEAD.replace("[region]", '[region]\ncommand_keys_file = "keys"').format(broker=url)
    files = f'ca_file = "{authority.file}"\ncert_file = "{certificate}"\nkey_file = "{key}"\n'
    config.write_text(head + files)
    agent = Agent(config)
    try:
        region.start()
        agent.start()

        def knows() -> bool:
            status = agent.status()  # where the kernel is synchronised, nobody needs to tell it
            return bool(status and status.broker == "connected" and status.clock != "system")

        await asyncio.to_thread(until, knows)
        await asyncio.to_thread(until, lambda: region.payloads("clock"))
        assert agent.resident() < MEMORY_BUDGET
        assert await asyncio.to_thread(agent.end) == 0
    finally:
        agent.stop()
        region.stop()
