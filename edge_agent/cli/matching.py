"""Does what we decoded agree with what somebody else expects, under the names they use?

Numbers are compared exactly, whatever their notation (`"138"`, 138, `"0x0027"`); names lead to our
fields as the spec's vectors say. `meaning` is prose and is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from edge_agent.cli.decoding import Decoded, Explanation
from edge_agent.cli.wholes import WHOLES, whole_mismatches
from edge_agent.model.errors import ChecksumError
from edge_agent.model.observations import AbsentReason
from edge_drivers.codec.explain import Explained
from edge_drivers.codec.readings import Absent

PROSE = frozenset({"meaning", "note", "crc_computed", "register"})
"""Names that are no fields: remarks, and the address that `vectors` gives to `decode`."""
_HEX = frozenset(
    ("crc", "crc8", "crc_field", "lrc", "checksum", "checksum_xor", "cmd", "link", "sw")
)
"""Names of values that people print as hex digits without a prefix: check values, command codes."""
_REFERS = "computed by "
"""An expected text that begins so is no value but says who computes it."""
_CHECKED = ("crc_ok", "checksum_ok")
_UNITS: Mapping[str, str] = {
    "mmHg": "mm[Hg]",
    "C": "Cel",
    "°C": "Cel",
    "F": "[degF]",
    "°F": "[degF]",
    "bpm": "/min",
    "lb": "[lb_av]",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DATE_PARTS = ("year", "month", "day", "h", "m", "s")


Names = Mapping[str, str | tuple[str, ...]]
"""What others call something, to our field or an aspect of it; of several the first there is."""


def mismatches(expected: Mapping[str, Any], decoded: Decoded, names: Names) -> Iterator[str]:
    """Each thing expected that is not so, as `name: expected …, got …`."""
    if "error" in expected or any(expected.get(name) is False for name in _CHECKED):
        yield from _expected_error(expected, decoded)
        return
    if decoded.error is not None:
        yield f"expected values, got the error: {decoded.error}"
        return
    yield from whole_mismatches(expected, decoded)
    for name, want in expected.items():
        if name in PROSE or name in WHOLES or name in _CHECKED or _is_remark(want):
            continue
        paths = _paths(name, names)
        if not _found(name, want, decoded, paths):
            yield f"{name}: expected {want!r}, got {_shown(decoded, paths)}"


def _is_remark(want: object) -> bool:
    return isinstance(want, str) and want.startswith(_REFERS)


def _expected_error(expected: Mapping[str, Any], decoded: Decoded) -> Iterator[str]:
    if "error" not in expected:
        if not isinstance(decoded.error, ChecksumError):
            yield f"checksum: expected a wrong checksum, got {decoded.error or 'values'}"
    elif decoded.error is None and not _all_in_error(decoded):
        yield f"error: expected {expected['error']!r}, got values"


def _all_in_error(decoded: Decoded) -> bool:
    """Whether the device itself says that its measurement failed."""
    measured = [m for explanation in decoded.explanations for m in explanation.reading.measured]
    return bool(measured) and all(m.absent is AbsentReason.ERROR for m in measured)


def _paths(name: str, names: Names) -> Sequence[str]:
    meant = names.get(name, name)
    return (meant,) if isinstance(meant, str) else meant


def _found(name: str, want: Any, decoded: Decoded, paths: Sequence[str]) -> bool:  # noqa: ANN401 (any JSON)
    if name in ("special", "fhir_dataAbsentReason"):
        return any(want in _specials(e) for e in decoded.explanations)
    held = [
        value
        for explanation in decoded.explanations
        for path in paths
        for value in _values(path, explanation)
    ]
    if not held:
        return want in (None, 0, False) and _declared(paths, decoded)
    if name in _HEX and isinstance(want, str):
        want = f"0x{want}"
    return any(agrees(want, value) for value in held)


def _declared(paths: Sequence[str], decoded: Decoded) -> bool:
    """Whether the part has such a field, which was not there this time."""
    if decoded.spec is None or decoded.part not in decoded.spec.parts:
        return False
    known = {
        f for field in decoded.spec.parts[decoded.part].fields for f in (field.name, *field.bits)
    }
    return any(path.partition(".")[0] in known for path in paths)


def _specials(explanation: Explanation) -> set[str]:
    absent = [f.value for f in explanation.fields.values() if isinstance(f.value, Absent)]
    return {word for value in absent for word in (value.special, value.reason.value)}


def _values(path: str, explanation: Explanation) -> Iterator[object]:
    """What a path leads to; several where a field may be seen in several ways."""
    base, _, rest = path.partition(".")
    field = explanation.fields.get(base)
    if field is not None:
        yield from _aspects(field, rest)
    elif base in ("sequence", "device_time", "slot"):
        value = getattr(explanation.reading, base)
        if value is not None:
            yield value


def _aspects(field: Explained, aspect: str) -> Iterator[object]:
    if aspect.isdigit():
        if isinstance(field.raw, tuple) and int(aspect) < len(field.raw):
            yield field.raw[int(aspect)]
    elif aspect in _DATE_PARTS:
        yield _date_of(field.raw).get(aspect) or None
    elif aspect:
        yield getattr(field, aspect)
    else:
        yield from _all_aspects(field)


def _all_aspects(field: Explained) -> Iterator[object]:
    if field.value is not None and not isinstance(field.value, Absent):
        yield field.value
        if field.text or isinstance(field.raw, bool | tuple):
            yield field.raw
    else:
        yield field.raw
        if field.value is not None:
            yield field.value
    if field.text:
        yield field.text
        yield f"{field.raw!r} {field.text}"


def agrees(want: Any, got: object) -> bool:  # noqa: ANN401 (any JSON)
    """Whether a value is the one expected."""
    if want is None:
        return got is None or isinstance(got, Absent)
    if isinstance(want, dict):
        return _agrees_date(cast("dict[str, Any]", want), got)
    if isinstance(want, list):
        return _agrees_list(cast("Sequence[Any]", want), got)
    if isinstance(got, bytes):
        return isinstance(want, str) and want.casefold() == got.hex()
    if isinstance(got, int | Decimal):
        return _agrees_number(want, got)
    return isinstance(want, str) and isinstance(got, str) and _agrees_text(want, got)


def _agrees_list(want: Sequence[Any], got: object) -> bool:
    if not isinstance(got, tuple):
        return False
    held = cast("tuple[object, ...]", got)
    return len(want) == len(held) and all(map(agrees, want, held))


def _agrees_text(want: str, got: str) -> bool:
    plain = want.casefold().strip()
    to_the_minute = got[10:11] == "T" and got[:16].casefold() == plain
    return plain == got.casefold() or _UNITS.get(want) == got or to_the_minute


def _agrees_number(want: object, got: Decimal | int) -> bool:
    try:
        if isinstance(want, str) and want[:2].lower() == "0x":
            return int(want, 16) == got
        return Decimal(str(want) if not isinstance(want, bool) else int(want)) == got
    except (InvalidOperation, ValueError):
        return False


def _agrees_date(want: Mapping[str, Any], got: object) -> bool:
    """A date and time in parts; null is unknown, as 0 is on the wire."""
    found = _date_of(got)
    return bool(found) and all(found.get(name, 0) == (part or 0) for name, part in want.items())


def _date_of(got: object) -> dict[str, int]:
    """The parts of a date and time; none of what is no date."""
    if not isinstance(got, str) or not _DATE.fullmatch(got):
        return {}
    return dict(zip(_DATE_PARTS, map(int, re.findall(r"\d+", got)), strict=True))


def _shown(decoded: Decoded, paths: Sequence[str]) -> str:
    held = [
        value
        for explanation in decoded.explanations
        for path in paths
        for value in _values(path, explanation)
    ]
    return " or ".join(map(repr, held)) if held else "nothing of that name"
