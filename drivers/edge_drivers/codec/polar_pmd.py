"""Polar measurement data (PMD): ECG, acceleration, gyroscope, magnetometer, PPG and PPI frames.

    type (low 6 bits) | time stamp u64 | frame type | samples
    time stamp: ns since 2000-01-01, of the LAST sample
    frame type: bit 7 says that the samples are a delta frame (`polar_delta`)

Sources: Polar BLE SDK, technical_documentation/online_measurement.pdf; sources/Android, tests of
EcgData, AccData, GyrData, PpiData and BlePmdClient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from edge_agent.model.errors import MalformedError, TruncatedError
from edge_agent.model.observations import AbsentReason
from edge_drivers.codec.cursor import Cursor
from edge_drivers.codec.polar_delta import read_deltas, read_sample
from edge_drivers.codec.readings import Absent, FieldValue

_COMPRESSED = 0x80
_TYPE_MASK = 0x3F
_MOVED, _CONTACT, _CONTACT_KNOWN = 1, 2, 4
_ECG, _PPG, _ACC, _PPI, _GYRO, _MAG = 0, 1, 2, 3, 5, 6
NAMES: Mapping[int, str] = MappingProxyType(
    {_ECG: "ecg", _PPG: "ppg", _ACC: "acc", _PPI: "ppi", _GYRO: "gyro", _MAG: "mag"}
)

_RAW: Mapping[tuple[int, int], tuple[int, int]] = MappingProxyType(
    {(_ACC, 0): (3, 8), (_ACC, 1): (3, 16), (_ACC, 2): (3, 24), (_PPG, 0): (4, 24)}
)
"""Measurement and frame type to channels and bits of samples sent as they are."""
_DELTA: Mapping[tuple[int, int], tuple[int, int]] = MappingProxyType(
    {
        (_ACC, 0): (3, 16),
        (_ACC, 1): (3, 16),
        (_GYRO, 0): (3, 16),
        (_MAG, 0): (3, 16),
        (_MAG, 1): (4, 16),
        (_PPG, 0): (4, 24),
    }
)
"""The same of delta frames."""
_SETTINGS: Mapping[int, tuple[str, int]] = MappingProxyType(
    {
        0: ("sample_rate", 2),
        1: ("resolution", 2),
        2: ("range", 2),
        3: ("range_milli", 4),
        4: ("channels", 1),
        5: ("factor", 4),
    }
)
"""Setting id to its name and the octets of a value."""


def read_frame(octets: bytes) -> Cursor:
    """One notification of the data characteristic.

    Raises:
        TruncatedError: octets are missing.
        MalformedError: no such measurement or frame type.
    """
    cursor = Cursor(octets)
    measurement = cursor.take(1, "measurement type")[0] & _TYPE_MASK
    stamp = int.from_bytes(cursor.take(8, "time stamp"), "little")
    frame = cursor.take(1, "frame type")[0]
    form = frame & ~_COMPRESSED
    cursor.values.update(
        measurement_type=measurement,
        measurement=NAMES.get(measurement, f"{measurement}"),
        timestamp=stamp,
        frame_type=form,
        compressed=frame >= _COMPRESSED,
    )
    if frame & _COMPRESSED:
        _delta_samples(cursor, measurement, form)
    else:
        _raw_samples(cursor, measurement, form)
    return cursor


def read_delta_payload(octets: bytes) -> Cursor:
    """The payload of a delta frame of three channels of 16 bits, as a technician may have it.

    Raises:
        TruncatedError, MalformedError: see `polar_delta.read_deltas`.
    """
    cursor = Cursor(octets)
    _put_deltas(cursor, "samples", 3, 16)
    return cursor


def read_settings(octets: bytes) -> Cursor:
    """The settings that a control point answers: id, count, values, one after the other.

    Raises:
        TruncatedError: octets are missing.
        MalformedError: no such setting.
    """
    cursor = Cursor(octets)
    while cursor.remaining:
        setting, count = cursor.take(2, "setting")
        if setting not in _SETTINGS:
            raise MalformedError(f"there is no setting {setting}")
        name, size = _SETTINGS[setting]
        values = cursor.take(count * size, name)
        cursor.values[name] = tuple(_unsigned(values, size))
    return cursor


def _raw_samples(cursor: Cursor, measurement: int, form: int) -> None:
    special = _SPECIAL.get((measurement, form))
    if special is not None:
        special(cursor)
    elif (measurement, form) in _RAW:
        channels, bits = _RAW[measurement, form]
        samples = tuple(_each(cursor, lambda: read_sample(cursor, channels, bits)))
        _put(cursor, NAMES[measurement], samples)
    else:
        raise _unknown(measurement, form, "raw")


def _delta_samples(cursor: Cursor, measurement: int, form: int) -> None:
    if (measurement, form) not in _DELTA:
        raise _unknown(measurement, form, "delta")
    _put_deltas(cursor, NAMES[measurement], *_DELTA[measurement, form])


def _unknown(measurement: int, form: int, how: str) -> MalformedError:
    return MalformedError(f"measurement type {measurement} has no {how} frame type {form}")


def _put_deltas(cursor: Cursor, name: str, channels: int, bits: int) -> None:
    deltas = read_deltas(cursor, channels, bits)
    _put(cursor, name, deltas.samples)
    cursor.values.update(block_counts=deltas.counts, block_bits=deltas.widths)


def _put(cursor: Cursor, name: str, samples: tuple[FieldValue, ...]) -> None:
    cursor.values.update({"count": len(samples), name: samples})


def _each(cursor: Cursor, read: Callable[[], tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    if not cursor.remaining:
        raise TruncatedError("there is not one sample")
    while cursor.remaining:
        yield read()


def _unsigned(octets: bytes, size: int) -> Iterator[int]:
    for at in range(0, len(octets), size):
        yield int.from_bytes(octets[at : at + size], "little")


def _triples(cursor: Cursor) -> list[int]:
    """Samples of three octets, unsigned."""
    count, left = divmod(cursor.remaining, 3)
    if left or not count:
        raise TruncatedError(f"{cursor.remaining} octets are no samples of 3")
    octets = cursor.take(count * 3, "samples")
    return [int.from_bytes(octets[at : at + 3], "little") for at in range(0, len(octets), 3)]


def _ecg_0(cursor: Cursor) -> None:
    """Microvolts, 24 bits."""
    _put(cursor, "ecg", tuple((word ^ 0x800000) - 0x800000 for word in _triples(cursor)))


def _ecg_1(cursor: Cursor) -> None:
    """Microvolts in 14 bits, then a status octet."""
    words = _triples(cursor)
    _put(cursor, "ecg", tuple(word & 0x3FFF for word in words))
    status = [word >> 16 for word in words]
    cursor.values.update(
        oversampling=tuple(bool(octet & 1) for octet in status),
        skin_contact=tuple(octet >> 1 & 3 for octet in status),
        contact_impedance=tuple(octet >> 3 & 7 for octet in status),
    )


def _ecg_2(cursor: Cursor) -> None:
    """Microvolts in 18 bits, then two tags of 3 bits."""
    words = _triples(cursor)
    _put(cursor, "ecg", tuple(word & 0x3FFFF for word in words))
    cursor.values.update(
        ecg_tag=tuple(word >> 18 & 7 for word in words),
        pace_tag=tuple(word >> 21 & 7 for word in words),
    )


def _ecg_3(cursor: Cursor) -> None:
    """Two samples of 24 bits, then a status octet; they are no microvolts."""
    records = list(_each(cursor, lambda: (*read_sample(cursor, 2, 24), *cursor.take(1, "status"))))
    _put(cursor, "samples", tuple(records))
    first, second, status = zip(*records, strict=True)
    cursor.values.update(data0=first, data1=second, status=status)


def _ppi(cursor: Cursor) -> None:
    """Heart rate u8, pulse interval u16 ms, its error u16 ms, flags u8."""
    records = list(_each(cursor, lambda: _interval(cursor.take(6, "interval"))))
    _put(cursor, "ppi", tuple(record[1] for record in records))
    rates, _, errors, flags = zip(*records, strict=True)
    intervals = tuple(_usable(record[1], record[3]) for record in records)
    cursor.values.update(heart_rate=rates, error_estimate=errors, flags=flags, intervals=intervals)


def _usable(interval: int, flags: int) -> FieldValue:
    """The interval, unless the sensor moved (bit 0) or knows (bit 2) that it has no contact (1)."""
    lost = flags & _CONTACT_KNOWN and not flags & _CONTACT
    return Absent(AbsentReason.ERROR) if flags & _MOVED or lost else interval


def _interval(octets: bytes) -> tuple[int, ...]:
    interval, error = (int.from_bytes(octets[at : at + 2], "little") for at in (1, 3))
    return octets[0], interval, error, octets[5]


_SPECIAL: Mapping[tuple[int, int], Callable[[Cursor], None]] = MappingProxyType(
    {(_ECG, 0): _ecg_0, (_ECG, 1): _ecg_1, (_ECG, 2): _ecg_2, (_ECG, 3): _ecg_3, (_PPI, 0): _ppi}
)
