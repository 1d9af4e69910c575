"""What to do about a bad signal, in words that anybody in a village can follow.

Electrodes are named by where they are, not by colour: the colours of IEC and AHA contradict each
other (IEC 60601-2-25, table 201.101).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge_signal.values import Reason

_LIMBS = {
    "right arm": "右手",
    "left arm": "左手",
    "left leg": "左腿",
}
_OF_LEAD = {
    "ecg-lead-i": ("right arm", "left arm"),
    "ecg-lead-ii": ("right arm", "left leg"),
    "ecg-lead-iii": ("left arm", "left leg"),
    "ecg-lead-avr": ("right arm",),
    "ecg-lead-avl": ("left arm",),
    "ecg-lead-avf": ("left leg",),
}
_DO = {
    Reason.OFF: (
        "Press the {} firmly; put it on again if it came off.",
        "请按紧{}；若已脱落请重新贴好。",
    ),
    Reason.FLAT: ("No signal: check the {} and the cable.", "没有信号：请检查{}和导联线。"),
    Reason.SATURATED: (
        "Wet the skin under the {} and press it on.",
        "请用水湿润{}处的皮肤并按紧。",
    ),
    Reason.MAINS: (
        "Move away from plugs, chargers and electric blankets; press the {}.",
        "请远离插座、充电器和电热毯，并按紧{}。",
    ),
    Reason.MOTION: (
        "Hold still and breathe calmly; press the {}.",
        "请保持不动，平稳呼吸，并按紧{}。",
    ),
    Reason.MUSCLE: (
        "Relax arms and shoulders; lay the arms down, stay warm.",
        "请放松手臂和肩膀，放平双手，注意保暖。",
    ),
    Reason.NOISE: ("Hold still; press the {}.", "请保持不动，并按紧{}。"),
    Reason.SCALE: (
        "The device's scale is wrong: tell the technician.",
        "设备量程设置有误，请联系技术人员。",
    ),
    Reason.MISSING: (
        "The connection breaks off: bring the device nearer.",
        "连接中断：请把设备靠近网关。",
    ),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence in both languages."""

    en: str
    zh: str


def advice(reason: Reason, lead: str = "") -> Advice:
    """What to do about a reason on a lead, a kind of `codes.CODES` such as `ecg-lead-i`."""
    english, chinese = _DO[reason]
    limbs = _OF_LEAD.get(lead, ())
    chest = lead.removeprefix("ecg-lead-").upper() if lead.startswith("ecg-lead-v") else ""
    en = " and ".join(f"{limb} electrode" for limb in limbs) or f"{chest} electrode".strip()
    zh = "和".join(f"{_LIMBS[limb]}电极" for limb in limbs) or f"{chest}电极"
    return Advice(english.format(en), chinese.format(zh))
