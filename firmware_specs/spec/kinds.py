"""Kinds of value that a spec may speak of: the code table's, and those that it declares itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from edge_agent.model.codes import CODES, Code
from firmware_specs.spec.table import Slug, Table


class Kind(Table, frozen=True, kw_only=True):
    """A kind of value that `edge_agent.model.codes` lacks.

    Attributes:
        en, zh: what a person reads.
        mdc: IEEE 11073-10101 code, partition * 65536 + term; 0 where there is none.
        loinc: LOINC code, or codes by UCUM unit; "" where there is none.
        units: UCUM units it may have; empty for a coded value.
        wst363: Chinese data element identifier of WS/T 363, "" where there is none.
        category: FHIR observation category.
    """

    en: str
    zh: str
    units: tuple[str, ...]
    mdc: Annotated[int, msgspec.Meta(ge=0)] = 0
    loinc: str | Mapping[str, str] = ""
    wst363: str = ""
    category: Literal[
        "activity", "exam", "laboratory", "procedure", "survey", "therapy", "vital-signs"
    ] = "vital-signs"


def known_kinds(declared: Mapping[Slug, Kind]) -> Mapping[str, Code]:
    """Each kind of the code table, and each that a spec declares, by its name."""
    return {name: _code(name, kind) for name, kind in declared.items()} | dict(CODES)


def _code(name: str, kind: Kind) -> Code:
    loinc = kind.loinc if isinstance(kind.loinc, Mapping) else {"": kind.loinc}
    by_unit = MappingProxyType({unit: code for unit, code in loinc.items() if code})
    return Code(name, kind.en, kind.zh, kind.mdc, by_unit, kind.units, kind.wst363, kind.category)
