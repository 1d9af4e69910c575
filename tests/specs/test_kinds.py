"""A device that measures something new is two files: the spec declares the kind and its unit."""

from decimal import Decimal

import pytest

from edge_agent.model.observations import Observation
from edge_drivers import codec
from firmware_specs.spec.kinds import known_kinds
from firmware_specs.spec.parse import parse
from firmware_specs.spec.ucum import intended_unit, is_unit

AIR = """\
format = 1
device = "air-monitor"
title = { en = "Air monitor", zh = "空气监测仪" }
sources = { leaflet = "The maker's leaflet" }

[link]
type = "modbus"

[kinds.carbon-dioxide]
en = "Carbon dioxide in air"
zh = "空气中二氧化碳"
units = ["[ppm]"]
loinc = { "[ppm]" = "19889-5" }
category = "survey"

[parts.air]
title = "Carbon dioxide"
source = "leaflet page 2"
registers = { function = 4, address = 0, count = 1 }
fields = [{ name = "co2", type = "u16", unit = "[ppm]" }]

[[parts.air.observations]]
kind = "carbon-dioxide"
value = "co2"
"""


def test_a_spec_may_declare_a_kind() -> None:
    spec = parse(AIR, "air-monitor.toml")
    (reading,) = codec.compile(spec).decode("air", bytes.fromhex("0320"))
    assert reading.measured == (
        Observation("", "carbon-dioxide", value=Decimal(800), unit="[ppm]"),
    )
    known = known_kinds(spec.kinds)["carbon-dioxide"]
    assert (known.en, known.category) == ("Carbon dioxide in air", "survey")
    assert known.loinc_for("[ppm]") == "19889-5"


def test_the_unit_of_a_declared_kind_is_held() -> None:
    with pytest.raises(ExceptionGroup) as refused:
        parse(AIR.replace('"u16", unit = "[ppm]"', '"u16", unit = "[ppb]"'), "air-monitor.toml")
    assert "'co2' is in [ppb], carbon-dioxide is in [ppm]" in str(refused.value.exceptions[0])


@pytest.mark.parametrize(
    "unit",
    [
        *("mm[Hg]", "/min", "kg/m2", "{count}", "[ppm]", "mg/dL/min", "10*9/L", "ug/m3", "1", "%"),
        *("mL/min", "[degF]", "hPa", "m/s2", "L/min", "[IU]/L", "kPa.s/L", "{pack}/d", "dB"),
    ],
)
def test_units_of_ucum(unit: str) -> None:
    assert is_unit(unit)


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        *(("°C", "Cel"), ("C", "Cel"), ("F", "[degF]"), ("mmHg", "mm[Hg]"), ("bpm", "/min")),
        *(
            ("ppm", "[ppm]"),
            ("kg/m²", "kg/m2"),
            ("furlong", ""),
            ("", ""),
            ("kg/", ""),
            ("2kg", ""),
        ),
    ],
)
def test_what_is_no_unit(unit: str, meant: str) -> None:
    assert not is_unit(unit)
    assert intended_unit(unit) == meant
