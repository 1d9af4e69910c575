"""The agent over the virtual radio: straps in the air, an ECG analysed, a scan that names specs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.control import channel
from edge_agent.control.answered import ScanReply, Seen
from edge_agent.control.asked import Scan
from tests.support.agent import HEAD, Agent, Program, Region, until
from tests.support.mosquitto import Mosquitto

MEMORY_BUDGET_WITH_ECG = 140_000_000


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """`edge-simulator clinic` as a program of its own; what its `clinic.json` says."""
    folder = tmp_path / "clinic"
    program = Program(["edge_simulators", "clinic", "--dir", str(folder)], tmp_path / "clinic.log")
    program.start()
    until(lambda: "ready" in program.said)
    yield json.loads((folder / "clinic.json").read_text())
    program.stop()


@pytest.fixture
def agent(clinic: dict[str, Any], mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Agent]:
    """An agent that knows the strap and the ECG of the clinic."""
    devices = "".join(
        f'[[device]]\nalias = "{one["alias"]}"\nspec = "{one["spec"]}"\n'
        f'address = "{one["link"]["address"]}"\n'
        for one in clinic["devices"]
        if one["spec"] in ("heart-rate", "polar-pmd")
    )
    radio = f'[ble]\nadapter = "{clinic["radio"]}"\n'
    config = tmp_path / "agent.toml"
    config.write_text(HEAD.format(broker=mosquitto.url) + radio + devices)
    agent = Agent(config)
    agent.start()
    yield agent
    agent.stop()


@pytest.fixture
def region(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Region]:
    region = Region(mosquitto.url, tmp_path)
    region.start()
    yield region
    region.stop()


def derived(region: Region) -> Callable[[], list[dict[str, Any]]]:
    """Observations on record that were computed from an ECG."""
    return lambda: [
        one
        for frame in region.payloads("frame")
        for one in frame.get("observations", ())
        if "derived" in one
    ]


def test_an_ecg_is_recorded_with_what_was_computed_from_it(region: Region, agent: Agent) -> None:
    computed = until(derived(region))
    assert {one["kind"] for one in computed} <= {"heart-rate", "ecg-quality", "ecg-rhythm"}
    ecg = [frame for frame in region.payloads("frame") if frame.get("waveforms")]
    assert {one["derived"]["stream"] for one in computed} <= {
        waveform["stream"] for frame in ecg for waveform in frame["waveforms"]
    }
    assert agent.resident() < MEMORY_BUDGET_WITH_ECG


def test_a_scan_names_devices_and_the_specs_that_know_them(
    agent: Agent, clinic: dict[str, Any]
) -> None:
    until(agent.status)
    cuff = next(one for one in clinic["devices"] if one["spec"] == "blood-pressure")
    address = cuff["link"]["address"][:17]

    def heard() -> list[Seen]:
        reply = channel.ask(agent.state, Scan(1.5), ScanReply)
        return [one for one in reply.seen if one.address.startswith(address)]

    (seen,) = until(heard)
    assert ("blood-pressure", "it advertises service 1810") in [
        (fit.spec, fit.why) for fit in seen.fits
    ]
    assert seen.alias == ""
