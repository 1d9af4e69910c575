"""What IEEE 11073, LOINC, UCUM and WS/T 363 call each kind of value; `code_table` has the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from edge_agent.model.code_table import ROWS

MDC_SYSTEM = "urn:iso:std:iso:11073:10101"
LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"
WST363_SYSTEM = "urn:oid:2.16.156.10011.2.2.1"
IMPERSONAL = "survey"
"""The category of what a device says of itself, of its room, or of a control solution."""
_NONE = "-"


class Code(msgspec.Struct, frozen=True):
    """What one kind of value is called.

    Attributes:
        kind: our name of it, as specs and records write it.
        en, zh: what a person reads.
        mdc: IEEE 11073-10101 code, 0 where there is none.
        loinc: LOINC code by UCUM unit; the key "" is for any other unit.
        units: UCUM units it may have; empty for a panel or a coded value.
        wst363: Chinese data element identifier, "" where there is none.
        category: FHIR observation category.
    """

    kind: str
    en: str
    zh: str
    mdc: int
    loinc: Mapping[str, str]
    units: tuple[str, ...]
    wst363: str = ""
    category: str = "vital-signs"

    @property
    def personal(self) -> bool:
        """Whether it says something of a person: a battery and a control solution do not."""
        return self.category != IMPERSONAL

    def loinc_for(self, unit: str) -> str:
        """LOINC of a value in `unit`: mass and substance concentrations differ. "" for none."""
        return self.loinc.get(unit) or self.loinc.get("", "")


def _code(row: str) -> Code:
    kind, mdc, loinc, units, wst363, category, en, zh = map(str.strip, row.split(" | "))
    return Code(
        kind,
        en,
        zh,
        0 if mdc == _NONE else int(mdc),
        MappingProxyType(dict(_by_unit(_words(loinc)))),
        tuple(_words(units)),
        "" if wst363 == _NONE else wst363,
        category,
    )


def _words(cell: str) -> list[str]:
    return [] if cell == _NONE else cell.split()


def _by_unit(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    for word in words:
        unit, _, code = word.rpartition("=")
        yield unit, code


CODES: Mapping[str, Code] = MappingProxyType(
    {code.kind: code for code in map(_code, ROWS.strip().splitlines())}
)
