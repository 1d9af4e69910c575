"""Whatever the octets, a codec raises nothing but what it declares, and stays bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.errors import DecodeError
from edge_drivers import codec
from edge_drivers.codec.explain import explain
from edge_drivers.codec.modbus_adu import from_ascii, from_rtu, from_tcp
from edge_drivers.codec.readings import Reading
from firmware_specs import catalog
from firmware_specs.spec.vocabulary import DECODER_FIELDS

SPECS = {name: loaded.spec for name, loaded in catalog.find_all().items()}
DECODERS = {name: codec.compile(spec) for name, spec in SPECS.items()}
PARTS = [(name, part) for name, spec in SPECS.items() for part in spec.parts]


@pytest.mark.parametrize(("device", "part"), PARTS)
@given(octets=st.binary(max_size=64))
def test_any_octets_give_readings_or_a_declared_error(
    device: str, part: str, octets: bytes
) -> None:
    decoder = DECODERS[device]
    try:
        readings = decoder.decode(part, octets)
    except DecodeError:
        return
    for reading in readings:
        explain(decoder, reading)
        assert len(reading.octets) <= len(octets)
        assert all(measured.kind for measured in reading.measured)


@given(st.sampled_from([0, 1, 2, 3, 5, 6, 7]), st.integers(0, 255), st.binary(max_size=240))
def test_any_polar_frame(measurement: int, form: int, samples: bytes) -> None:
    try:
        (reading,) = DECODERS["polar-pmd"].decode(
            "data", bytes((measurement,)) + bytes(8) + bytes((form,)) + samples
        )
    except DecodeError:
        return
    assert set(reading.fields) <= DECODER_FIELDS["polar_pmd"]


@given(st.binary(max_size=40))
def test_any_octets_under_the_other_decoders_give_the_fields_that_specs_know(octets: bytes) -> None:
    for part, name in (("settings", "polar_pmd_settings"), ("delta-payload", "polar_pmd_delta")):
        try:
            (reading,) = DECODERS["polar-pmd"].decode(part, octets)
        except DecodeError:
            continue
        assert set(reading.fields) <= DECODER_FIELDS[name]


@given(st.binary(max_size=40))
def test_any_modbus_frame(octets: bytes) -> None:
    for read in (from_rtu, from_tcp, from_ascii):
        try:
            read(octets)
        except DecodeError:
            continue


@given(st.data())
def test_one_octet_less_is_truncated_or_another_reading(data: st.DataObject) -> None:
    """A cut never gives the same reading."""
    octets = bytes.fromhex("1E8A00580078000000041114293B3C00012700")
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(DecodeError):
        DECODERS["blood-pressure"].decode("measurement", octets[:cut])


def test_decoding_is_pure() -> None:
    octets = bytes.fromhex("1F0101320101000201FFFF")
    first: tuple[Reading, ...] = DECODERS["heart-rate"].decode("measurement", octets)
    assert DECODERS["heart-rate"].decode("measurement", octets) == first
