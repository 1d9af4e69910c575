"""The one table of codes: what IEEE 11073, LOINC, UCUM and WS/T 363 call each kind of value.

Sources: ISO/IEEE 11073-10101 nomenclature as used by the HL7 Personal Health Device guide (R4) and
the device specialisations 11073-104xx; LOINC 2.7x; UCUM; WS/T 363-2023 data elements (code system
2.16.156.10011.2.2.1). A code that no source could be read for is left empty rather than guessed.
MDC codes are decimal: partition * 65536 + term.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

MDC_SYSTEM = "urn:iso:std:iso:11073:10101"
LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"
WST363_SYSTEM = "urn:oid:2.16.156.10011.2.2.1"


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

    def loinc_for(self, unit: str) -> str:
        """LOINC of a value in `unit`: mass and substance concentrations differ. "" for none."""
        return self.loinc.get(unit) or self.loinc.get("", "")


_PRESSURE = ("mm[Hg]", "kPa")
_GLUCOSE = ("mg/dL", "mmol/L")


def _code(
    kind: str,
    en: str,
    zh: str,
    mdc: int,
    loinc: str | Mapping[str, str],
    units: tuple[str, ...],
    wst363: str = "",
    category: str = "vital-signs",
) -> Code:
    by_unit = loinc if isinstance(loinc, Mapping) else {"": loinc} if loinc else {}
    return Code(kind, en, zh, mdc, MappingProxyType(dict(by_unit)), units, wst363, category)


def _glucose(kind: str, en: str, zh: str, mdc: int, loinc: Mapping[str, str]) -> Code:
    return _code(kind, en, zh, mdc, loinc, _GLUCOSE, "DE04.50.102.00", "laboratory")


_TABLE = (
    _code("blood-pressure", "Blood pressure", "血压", 150020, "85354-9", ()),
    _code("systolic", "Systolic pressure", "收缩压", 150021, "8480-6", _PRESSURE, "DE04.10.174.00"),
    _code(
        "diastolic", "Diastolic pressure", "舒张压", 150022, "8462-4", _PRESSURE, "DE04.10.176.00"
    ),
    _code(
        "mean-arterial-pressure",
        "Mean arterial pressure",
        "平均动脉压",
        150023,
        "8478-0",
        _PRESSURE,
    ),
    _code(
        "pulse-rate-cuff",
        "Pulse rate (cuff)",
        "脉率（袖带）",
        149546,
        "8867-4",
        ("/min",),
        "DE04.10.118.00",
    ),
    _code(
        "pulse-rate", "Pulse rate (oximeter)", "脉率", 149530, "8867-4", ("/min",), "DE04.10.118.00"
    ),
    _code("spo2", "Oxygen saturation", "血氧饱和度", 150456, "2708-6", ("%",)),
    _code("perfusion-index", "Perfusion index", "灌注指数", 150488, "61006-3", ("%",)),
    _code("pleth", "Plethysmogram", "容积脉搏波", 150452, "", ("{count}",)),
    _code("heart-rate", "Heart rate", "心率", 147842, "8867-4", ("/min",), "DE04.10.206.00.004"),
    _code("rr-interval", "RR interval", "RR间期", 147240, "8637-1", ("s", "ms")),
    _code("energy-expended", "Energy expended", "能量消耗", 0, "", ("kJ",), category="activity"),
    _code(
        "ecg-lead-i", "ECG lead I", "心电图I导联", 131329, "11524-6", ("uV", "mV"), "", "procedure"
    ),
    _code("ecg-quality", "ECG signal quality", "心电信号质量", 0, "", ("1",), "", "procedure"),
    _code(
        "body-temperature",
        "Body temperature",
        "体温",
        150364,
        "8310-5",
        ("Cel", "[degF]"),
        "DE04.10.186.00",
    ),
    _code(
        "body-weight", "Body weight", "体重", 188736, "29463-7", ("kg", "[lb_av]"), "DE04.10.188.00"
    ),
    _code(
        "body-height",
        "Body height",
        "身高",
        188740,
        "8302-2",
        ("cm", "m", "[in_i]"),
        "DE04.10.167.00",
    ),
    _code("bmi", "Body mass index", "体质指数", 188752, "39156-5", ("kg/m2",)),
    _code("body-fat", "Body fat", "体脂率", 188748, "41982-0", ("%",)),
    _code(
        "respiratory-rate",
        "Respiratory rate",
        "呼吸频率",
        151562,
        "9279-1",
        ("/min",),
        "DE04.10.081.00",
    ),
    _glucose(
        "glucose-capillary-blood",
        "Glucose, capillary blood",
        "血糖（毛细血管全血）",
        160184,
        {"mmol/L": "14743-9", "mg/dL": "32016-8"},
    ),
    _glucose(
        "glucose-capillary-plasma",
        "Glucose, capillary plasma",
        "血糖（毛细血管血浆）",
        160188,
        {"mg/dL": "41653-7"},
    ),
    _glucose("glucose-venous-blood", "Glucose, venous blood", "血糖（静脉全血）", 160192, {}),
    _glucose("glucose-venous-plasma", "Glucose, venous plasma", "血糖（静脉血浆）", 160196, {}),
    _glucose("glucose-arterial-blood", "Glucose, arterial blood", "血糖（动脉全血）", 160200, {}),
    _glucose("glucose-arterial-plasma", "Glucose, arterial plasma", "血糖（动脉血浆）", 160204, {}),
    _glucose(
        "glucose-blood",
        "Glucose, blood",
        "血糖（全血）",
        160364,
        {"mmol/L": "15074-8", "mg/dL": "2339-0"},
    ),
    _glucose("glucose-plasma", "Glucose, plasma", "血糖（血浆）", 160368, {}),
    _glucose(
        "glucose-interstitial",
        "Glucose, interstitial fluid",
        "组织间液葡萄糖",
        160212,
        {"": "99504-3"},
    ),
    _code(
        "glucose-control",
        "Glucose, control solution",
        "血糖质控液",
        160208,
        "",
        _GLUCOSE,
        "",
        "laboratory",
    ),
    _code("hba1c", "HbA1c", "糖化血红蛋白", 160220, "4548-4", ("%",), "", "laboratory"),
    _code("battery", "Battery level", "电池电量", 67996, "", ("%",), "", "survey"),
    _code("air-temperature", "Air temperature", "环境温度", 0, "60832-3", ("Cel",), "", "survey"),
    _code("relative-humidity", "Relative humidity", "相对湿度", 0, "65643-9", ("%",), "", "survey"),
    _code(
        "stock-level", "Stock of a dispenser channel", "药槽库存", 0, "", ("{pack}",), "", "survey"
    ),
    _code(
        "dispensed-count",
        "Packs dispensed, retained count",
        "累计发药数",
        0,
        "",
        ("{pack}",),
        "",
        "survey",
    ),
    _code("dispenser-state", "Dispenser state", "发药机状态", 0, "", (), "", "survey"),
)

CODES: Mapping[str, Code] = MappingProxyType({code.kind: code for code in _TABLE})
