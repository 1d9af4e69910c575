"""Advice: for every reason, in both languages, naming the electrodes of the lead."""

from __future__ import annotations

import pytest

from edge_signal.advice import advice
from edge_signal.values import Reason


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("lead", ["", "ecg-lead-i", "ecg-lead-avf", "ecg-lead-v3"])
def test_every_reason_has_words(reason: Reason, lead: str) -> None:
    said = advice(reason, lead)
    assert said.en.endswith(".")
    assert said.zh.endswith("。")
    assert "{" not in said.en + said.zh


def test_a_limb_lead_names_both_its_electrodes() -> None:
    said = advice(Reason.OFF, "ecg-lead-i")
    assert "right arm electrode and left arm electrode" in said.en
    assert "右手电极和左手电极" in said.zh


def test_a_chest_lead_names_itself() -> None:
    assert "V3 electrode" in advice(Reason.FLAT, "ecg-lead-v3").en
    assert "V3电极" in advice(Reason.FLAT, "ecg-lead-v3").zh


def test_an_unknown_lead_is_any_electrode() -> None:
    assert "the electrode firmly" in advice(Reason.OFF).en
    assert "请按紧电极" in advice(Reason.OFF).zh
