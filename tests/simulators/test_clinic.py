"""The commands a technician types: a clinic in its own process, its files, faults and end."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bumble.transport.tcp_client import open_tcp_client_transport
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from edge_simulators.__main__ import main
from edge_simulators.control import tell
from edge_simulators.workshop import KINDS
from firmware_specs import catalog
from tests.simulators.peers import Central, journalled, next_of

COMMAND = [sys.executable, "-W", "error", "-m", "edge_simulators"]


@contextmanager
def simulator(*words: str) -> Generator[list[str]]:
    """A simulator in a process of its own; gives the lines it printed before `ready`."""
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines: list[str] = []
    try:
        for line in process.stdout:
            if line == "ready\n":
                break
            lines.append(line)
        yield lines
        assert process.poll() is None, "it still runs"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdout.close()


def described(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "clinic.json").read_text(encoding="utf-8"))
    return said


async def test_a_clinic_has_one_of_each_and_says_how_to_reach_it(tmp_path: Path) -> None:
    with simulator("clinic", "--dir", str(tmp_path)) as lines:
        clinic = described(tmp_path)
        devices = {device["alias"]: device for device in clinic["devices"]}
        assert {device["spec"] for device in devices.values()} == {
            "heart-rate",
            "blood-pressure",
            "glucose",
            "polar-pmd",
            "cms50d-plus",
            "xy-md02",
            "dispenser",
        }
        assert all(device["spec"] in catalog.find_all() for device in devices.values())
        kinds = {device["key"].split(":")[0] for device in devices.values()}
        assert kinds == {"eui64", "serial", "tag"}
        assert devices["cuff"]["slots"] == {"1": "resident-1", "2": "resident-2"}
        assert lines[0].split() == ["radio", clinic["radio"]]
        assert len(lines) == len(devices) + 2

        endpoint = clinic["radio"].removeprefix("virtual:tcp:")
        transport = await open_tcp_client_transport(endpoint)
        central = await Central.over(transport)
        client = await central.connect(devices["strap"]["link"]["address"])
        heart_rate = await next_of(await client.listen("2A37"))
        link = devices["fridge"]["link"]
        with ModbusTcpClient(link["host"], port=link["port"], timeout=60) as modbus:
            registers = modbus.read_input_registers(1, count=2).registers
        await transport.close()
        assert (tmp_path / "lines" / "oximeter").exists()
    folder = Path(clinic["journal"])
    assert journalled(folder, "strap")[0]["octets"] == heart_rate.hex()
    fridge = journalled(folder, "fridge")[0]["octets"]
    assert fridge == b"".join(register.to_bytes(2, "big") for register in registers).hex()
    for alias, device in devices.items():
        assert {line["device"] for line in journalled(folder, alias)} <= {device["key"]}
    assert len(journalled(folder, "meter")) >= 5, "records were stored before the start"
    assert not (tmp_path / "lines" / "oximeter").is_symlink()


async def test_faults_are_told_over_the_control_socket(tmp_path: Path) -> None:
    with simulator("xy-md02", "--dir", str(tmp_path), "--fault", "0 fridge garble 1"):
        control = tmp_path / "control"
        assert await tell(control, "fridge vanish 600") == "ok"
        link = described(tmp_path)["devices"][0]["link"]
        with (
            ModbusTcpClient(link["host"], port=link["port"], timeout=0.5, retries=0) as modbus,
            pytest.raises(ModbusIOException),
        ):
            modbus.read_input_registers(1, count=2)
        for command, why in (
            ("nobody drop 1", "error there is no device 'nobody'; there are fridge"),
            ("fridge fly", "error there is no fault 'fly'"),
            ("fridge drop much", "error 'much' is no number"),
            ("fridge", "error say KIND and NUMBER"),
            ("fridge jam 1", "error jam cannot happen to fridge"),
        ):
            assert (await tell(control, command)).startswith(why)
        words = ["fault", str(tmp_path), "fridge", "garble", "1"]
        assert await asyncio.to_thread(main, words) == 0


def test_a_bench_brings_its_spec(tmp_path: Path) -> None:
    words = ("modbus-bench", "--units", "3", "--no-journal", "--dir", str(tmp_path))
    with simulator(*words):
        devices = described(tmp_path)["devices"]
        assert len({device["link"]["port"] for device in devices}) == 3
        assert "points" in catalog.find("modbus-bench", tmp_path / "specs").spec.parts
    assert not (tmp_path / "journal").exists()


def test_the_list_names_every_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(KINDS)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["clinic", "--fault", "5 nobody drop"], "say SECONDS ALIAS KIND NUMBER"),
        (["clinic", "--fault", "soon cuff drop"], "say SECONDS ALIAS KIND NUMBER"),
        (["clinic", "--fault", "5 cuff fly"], "there is no fault 'fly'"),
        (["polar-pmd", "--recording", "flutter"], "there is no recording 'flutter'"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_reason(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*words, "--dir", str(tmp_path)]) == 2
    assert why in capsys.readouterr().err


def test_a_fault_needs_a_simulator(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["fault", str(tmp_path), "cuff", "drop"]) == 2
    assert "nobody listens" in capsys.readouterr().out
    assert main(["fault"]) == 2
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["teapot"]])
def test_a_device_must_be_named(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
