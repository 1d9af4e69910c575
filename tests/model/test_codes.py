"""The one table of codes is whole and unambiguous."""

from __future__ import annotations

import re

from edge_agent.model.codes import CODES


def test_codes_of_the_measurements_that_other_institutions_read() -> None:
    assert (CODES["systolic"].mdc, CODES["systolic"].loinc_for("mm[Hg]")) == (150021, "8480-6")
    assert CODES["systolic"].wst363 == "DE04.10.174.00"
    assert CODES["glucose-blood"].loinc_for("mmol/L") != CODES["glucose-blood"].loinc_for("mg/dL")
    assert CODES["air-temperature"].loinc_for("K") == "60832-3"


def test_every_code_has_both_languages_and_a_known_form() -> None:
    for kind, code in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind)
        assert code.kind == kind
        assert code.en
        assert re.search(r"[\u4e00-\u9fff]", code.zh), kind
        assert all(re.fullmatch(r"\d{3,5}-\d", loinc) for loinc in code.loinc.values()), kind
        assert not code.wst363 or re.fullmatch(r"DE\d\d\.\d\d\.\d{3}\.\d\d(\.\d{3})?", code.wst363)


def test_no_mdc_code_names_two_kinds() -> None:
    known = [code.mdc for code in CODES.values() if code.mdc]
    assert len(known) == len(set(known))
