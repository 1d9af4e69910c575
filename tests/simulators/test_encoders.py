"""Our encoders give the octets that other people's tests and documents give for the same values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from edge_simulators import (
    blood_pressure,
    enhanced_cuff,
    glucose,
    heart_rate,
    oximeter,
    polar,
    profiles,
)
from edge_simulators.modbus import crc16
from edge_simulators.octets import crc8, crc_e2e, date_time, sfloat, system_id

D = Decimal
STAMP = date_time(datetime.fromisoformat("2019-02-27T11:10:30"))
SPRING = date_time(datetime.fromisoformat("2025-05-21T10:30:45"))
NO_YEAR = b"\0\0" + date_time(datetime.fromisoformat("2000-04-17T20:41:59"))[2:]

ENCODED: Mapping[str, Callable[[], bytes]] = {
    "bpm-nordic-full": lambda: blood_pressure.measurement(
        D(138), D(88), D(120), time=NO_YEAR, pulse=D(60), user=1, status=0x27
    ),
    "bpm-nordic-kpa": lambda: blood_pressure.measurement(
        D("18.9"), D(11), D("15.9"), kpa=True, pulse=D(60), status=0x12
    ),
    "bpm-ios-min": lambda: blood_pressure.measurement(D(72), D(81), D(64)),
    "gls-nordic-full": lambda: glucose.measurement(
        1, STAMP, offset=-5, concentration=D(30), kind=2, status=0x105, context=True
    ),
    "gls-ctx-caresens": lambda: glucose.meal_context(4, 6),
    "hr-nordic-2": lambda: heart_rate.measurement(255, contact=False),
    "hts-nordic-full": lambda: profiles.temperature(
        D("37.60"), datetime.fromisoformat("2012-12-05T11:50:27"), 4
    ),
    "polar-ecg-0": lambda: polar.frame(2_000_000_000, [-32766, 32770]),
    "cms50-zero": lambda: oximeter.Packet().octets,
    "cms50-fingerout": lambda: oximeter.Packet(finger_out=True).octets,
    "sht20-temp": lambda: _with_crc("01040201 31"),
    "sht20-hum": lambda: _with_crc("01040202 22"),
    "sht20-req2": lambda: _with_crc("010400010002"),
    "sfloat-phd-1": lambda: sfloat(D(2)),
}


def _with_crc(frame: str) -> bytes:
    octets = bytes.fromhex(frame)
    return octets + crc16(octets)


@pytest.mark.parametrize("vector", ENCODED)
def test_octets_equal_those_from_outside(vector: str, shared: Path) -> None:
    text = (shared / "vectors" / "device-vectors.json").read_text(encoding="utf-8")
    known = {entry["id"]: entry["hex"] for entry in json.loads(text)}
    assert ENCODED[vector]().hex().upper() == known[vector].upper()


def test_every_sfloat_from_outside_is_encoded_alike(shared: Path) -> None:
    text = (shared / "vectors" / "device-vectors.json").read_text(encoding="utf-8")
    vectors = [
        v
        for v in json.loads(text)
        if v["characteristic or protocol"] == "SFLOAT (LE)" and "decimal" in v["expected"]
    ]
    assert vectors
    for vector in vectors:
        value = D(vector["expected"]["decimal"])
        if bytes.fromhex(vector["hex"])[1] >> 4 in range(1, 8):
            value = value.normalize()  # a positive exponent: `20` was measured to one digit
        assert sfloat(value) == bytes.fromhex(vector["hex"]), vector


def test_a_reading_of_the_other_unit() -> None:
    """GLS: 100 mg/dL is 100e-5 kg/L, octets 64 B0 (health-devices.md, 1.4)."""
    octets = glucose.measurement(2, SPRING, concentration=D(100).scaleb(-5))
    assert octets.hex() == "020200e90705150a1e2d" + "64b0" + "11"


def test_check_values_are_those_from_outside() -> None:
    """CGM E2E-CRC (vector `cgm-meas-badcrc`); CRC-8 of Lepu's "get information" (LepuBle)."""
    assert crc_e2e(bytes.fromhex("08000C100600")) == bytes.fromhex("596F")
    assert crc8(bytes.fromhex("A5E11E00000000")) == bytes.fromhex("69")


def test_what_is_no_number_is_nan_and_what_does_not_fit_is_refused() -> None:
    assert sfloat(None).hex() == "ff07"
    for value in ("2046", "-2046", "1e8", "1e-9", "0.123456"):
        with pytest.raises(ValueError, match="does not fit"):
            sfloat(D(value))


def test_system_id_is_the_eui_reversed() -> None:
    assert system_id("A09E1AFFFE000001").hex() == "010000feff1a9ea0"


def test_the_high_bit_of_a_pulse_travels_apart() -> None:
    octets = oximeter.Packet(signal=7, wave=100, bar=9, pulse=133, spo2=97, beep=True).octets
    assert octets.hex() == "c764490561"
    assert all(octet < 0x80 for octet in octets[1:])


@pytest.mark.parametrize("room", range(8, 50))
def test_a_record_is_whole_in_segments_of_any_size(room: int) -> None:
    """GSS, Blood Pressure Record: heads say first, last and number; the check is behind all."""
    value = bytes(range(20))
    parts = enhanced_cuff.segments(7, value, room)
    assert all(len(part) <= room for part in parts)
    assert [part[0] & 1 for part in parts] == [1] + [0] * (len(parts) - 1)
    assert [part[0] >> 1 & 1 for part in parts] == [0] * (len(parts) - 1) + [1]
    assert [part[0] >> 2 for part in parts] == list(range(len(parts)))
    assert {part[1:5] for part in parts} == {bytes.fromhex("0700342B")}
    whole = b"".join(parts)
    assert b"".join(part[5:] for part in parts) == value + crc_e2e(whole[:-2])
