"""Thermometer and scales of the standard Bluetooth profiles.

Layouts from the services' texts (HTS 1.0, WSS and BCS 1.0.1) and the GATT Specification
Supplement, written out here and nowhere shared with the drivers.
"""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal

from edge_agent.model.ids import reported_name
from edge_simulators.gatt import readable
from edge_simulators.instrument import Model, Say, Value
from edge_simulators.octets import date_time, float32

EAR = 3


def temperature(celsius: Decimal, when: datetime | None = None, site: int | None = None) -> bytes:
    """Temperature Measurement (2A1C, HTS 3.1.1): flags, FLOAT, time if bit 1, site if bit 2."""
    flags = (when is not None) << 1 | (site is not None) << 2
    time = date_time(when) if when else b""
    return bytes([flags]) + float32(celsius) + time + (b"" if site is None else bytes([site]))


def weight(
    kilograms: Decimal | None,
    when: datetime,
    user: int,
    bmi: Decimal | None = None,
    metres: Decimal = Decimal("1.70"),
) -> bytes:
    """Weight Measurement (2A9D, WSS 3.2.1): in 5 g, BMI in tenths, height in millimetres.

    None is a measurement that failed (FFFF).
    """
    raw = 0xFFFF if kilograms is None else int(kilograms / Decimal("0.005"))
    octets = struct.pack("<BH", 0x06 | (0x08 if bmi else 0), raw) + date_time(when) + bytes([user])
    return octets + (struct.pack("<HH", int(bmi * 10), int(metres * 1000)) if bmi else b"")


def composition(fat: Decimal, kilograms: Decimal, when: datetime, user: int) -> bytes:
    """Body Composition Measurement (2A9C, BCS 3.2.1).

    Fat in tenths of a per cent, time, user, basal metabolism in kJ, muscle in tenths of a per cent,
    impedance in tenths of an ohm, weight in 5 g.
    """
    flags = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 9 | 1 << 10
    head = struct.pack("<HH", flags, int(fat * 10)) + date_time(when) + bytes([user])
    return head + struct.pack("<HHHH", 6500, 405, 5023, int(kilograms / Decimal("0.005")))


def thermometer(every: float) -> Model:
    """An ear thermometer."""

    def make(number: int, now: datetime) -> Value:
        celsius = Decimal(364 + number * 7 % 15).scaleb(-1)
        name = reported_name(None, now.isoformat())
        return Value(temperature(celsius, now, EAR), f"{celsius} Cel", name)

    say = Say(part="measurement", uuid="2A1C", how="indicate", every=every, make=make)
    reads = [readable("2A1D", bytes([EAR])), readable("2A21", struct.pack("<H", 0))]
    return Model(
        spec="thermometer", name="SIM TEMP", service="1809", code="TH", reads=reads, says=[say]
    )


def scale(every: float) -> Model:
    """A weight scale for two."""

    def make(number: int, now: datetime) -> Value:
        kilograms = Decimal(62000 + number * 35 % 500).scaleb(-3)
        bmi = (kilograms / (Decimal("1.70") ** 2)).quantize(Decimal("0.1"))
        octets = weight(kilograms, now, 1 + number % 2, bmi)
        return Value(octets, f"{kilograms} kg", reported_name(None, now.isoformat()))

    say = Say(part="measurement", uuid="2A9D", how="indicate", every=every, make=make)
    reads = [readable("2A9E", struct.pack("<I", 0x0F))]
    return Model(
        spec="weight-scale", name="SIM SCALE", service="181D", code="WS", reads=reads, says=[say]
    )


def body_scale(every: float) -> Model:
    """A body composition scale."""

    def make(number: int, now: datetime) -> Value:
        fat = Decimal(210 + number % 20).scaleb(-1)
        octets = composition(fat, Decimal("70.000"), now, 1)
        return Value(octets, f"{fat} %", reported_name(None, now.isoformat()))

    say = Say(part="measurement", uuid="2A9C", how="indicate", every=every, make=make)
    reads = [readable("2A9B", struct.pack("<I", 0x7FF))]
    return Model(
        spec="body-composition", name="SIM BODY", service="181B", code="BC", reads=reads, says=[say]
    )
