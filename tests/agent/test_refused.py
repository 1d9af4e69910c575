"""What no decoder could read is in a file of bounded size, without what is private."""

from __future__ import annotations

import json
from pathlib import Path

from edge_agent.inflow.refused import LARGEST, NAME, RefusedLog
from edge_agent.model.errors import MalformedError
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture
from edge_drivers.diagnostics import KEPT, Diagnostics
from firmware_specs import catalog


def refuse(diagnostics: Diagnostics, part: str, octets: bytes) -> None:
    diagnostics.malformed(Capture(part, octets, Instant("boot", 7)), MalformedError("no flags"))


def test_the_octets_and_the_reason_are_written(tmp_path: Path) -> None:
    diagnostics = Diagnostics(catalog.find("heart-rate").spec)
    refuse(diagnostics, "measurement", b"\x17\x01")
    RefusedLog(tmp_path).of("strap")(diagnostics.take())
    (line,) = (tmp_path / NAME).read_text().splitlines()
    assert json.loads(line) == {
        "device": "strap",
        "part": "measurement",
        "boot": "boot",
        "ns": 7,
        "reason": "no flags",
        "octets": "1701",
    }
    assert diagnostics.take() == ()


def test_what_may_be_private_is_zeros(tmp_path: Path) -> None:
    diagnostics = Diagnostics(catalog.find("china-id-card").spec)
    refuse(diagnostics, "reply", b"\xaa\xaa")
    RefusedLog(tmp_path).of("reader")(diagnostics.take())
    assert json.loads((tmp_path / NAME).read_text())["octets"] == "0000"


def test_file_and_memory_are_bounded(tmp_path: Path) -> None:
    diagnostics = Diagnostics(catalog.find("heart-rate").spec)
    log = RefusedLog(tmp_path).of("strap")
    for _ in range(60):
        for _ in range(2 * KEPT):
            refuse(diagnostics, "measurement", bytes(512))
        taken = diagnostics.take()
        assert len(taken) == KEPT
        log(taken)
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    assert all(file.stat().st_size <= LARGEST for file in files)
