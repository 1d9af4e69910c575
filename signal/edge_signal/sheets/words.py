"""What is written on sheets and trends, in English and Chinese.

A test sees to it that the packaged font has every character of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """Which of the two is written."""

    EN = "en"
    ZH = "zh"


WORDS: Final[dict[str, tuple[str, str]]] = {
    "ecg-12": ("12-lead electrocardiogram", "十二导联心电图"),
    "ecg-1": ("Electrocardiogram", "心电图"),
    "subject": ("Patient", "患者"),
    "device": ("Device", "设备"),
    "site": ("Site", "机构"),
    "taken": ("Recorded", "记录时间"),
    "rate": ("Heart rate", "心率"),
    "pr": ("PR interval", "PR 间期"),
    "qrs": ("QRS duration", "QRS 时限"),
    "qt": ("QT interval", "QT 间期"),
    "qtc-bazett": ("QTc Bazett", "QTc Bazett"),
    "qtc-fridericia": ("QTc Fridericia", "QTc Fridericia"),
    "axis": ("QRS axis", "QRS 电轴"),
    "bpm": ("/min", "次/分"),
    "findings": ("Automatic findings, to be confirmed", "自动提示，须经医师确认"),
    "no-findings": ("none", "无"),
    "not-assessed": ("rhythm was not assessed", "未作节律分析"),
    "strip-normal": ("Strip: normal", "节律分类：正常"),
    "strip-atrial-fibrillation": (
        "Strip: atrial fibrillation suspected",
        "节律分类：疑似心房颤动",
    ),
    "strip-other": ("Strip: another rhythm suspected", "节律分类：疑似其他节律"),
    "strip-noisy": ("Strip: too noisy to tell", "节律分类：干扰过大，无法判断"),
    "lead-off": ("Electrode off", "电极脱落"),
    "physician": ("Physician", "医师"),
    "conclusion": ("Conclusion", "结论"),
    "notice": (
        "Decision support, no diagnosis. Printed to scale: the pulse is 1 mV, 5 mm (0.2 s) wide.",
        "仅供辅助决策，不作诊断。按实际比例打印：定标方波高 1 毫伏，宽 5 毫米（0.2 秒）。",
    ),
    "diagnostic": (
        "Hz (IEC 60601-2-25, linear phase, -3 dB at 0.24 Hz)",
        "Hz（IEC 60601-2-25，线性相位，-3 dB 于 0.24 Hz）",
    ),
    "mains-removed": ("{:g} Hz mains removed", "{:g} Hz 工频已去除"),
    "unfiltered": ("unfiltered", "未滤波"),
    "quality": ("Signal quality", "信号质量"),
    "good": ("good in all leads", "各导联良好"),
    "gap": ("no signal", "无信号"),
    "off": ("electrode off", "电极脱落"),
    "flat": ("flat, electrode off?", "平直，电极脱落？"),
    "saturated": ("saturated", "信号饱和"),
    "noise": ("noisy", "干扰"),
    "mains": ("mains interference", "工频干扰"),
    "motion": ("motion", "体动"),
    "muscle": ("muscle noise", "肌电干扰"),
    "scale": ("scale doubtful", "幅值可疑"),
    "missing": ("missing", "缺失"),
    "atrial-fibrillation": ("Atrial fibrillation suspected", "疑似心房颤动"),
    "pause": ("Pause", "停搏"),
    "asystole": ("Asystole suspected", "疑似心脏停搏"),
    "bradycardia": ("Bradycardia", "心动过缓"),
    "tachycardia": ("Tachycardia", "心动过速"),
    "irregular": ("Irregular rhythm", "心律不齐"),
    "bigeminy": ("Bigeminy", "二联律"),
    "ventricular-tachycardia": ("Ventricular tachycardia suspected", "疑似室性心动过速"),
    "ventricular-fibrillation": ("Ventricular fibrillation suspected", "疑似心室颤动"),
    "blood-pressure": ("Blood pressure", "血压"),
    "glucose": ("Glucose", "血糖"),
    "home": ("At home, average", "家庭平均"),
    "office": ("At the clinic, average", "诊室平均"),
    "morning": ("Mornings", "早晨"),
    "evening": ("Evenings", "晚间"),
    "surge": ("Morning - evening", "晨晚差"),
    "white-coat-effect": ("Clinic - home", "诊室与家庭差"),
    "not-counted": ("grey: not counted", "灰色：未计入"),
    "too-few": ("too little: {} of {} {}", "数据不足：{} / {} {}"),
    "readings": ("readings", "次"),
    "counted-days": ("days", "天"),
    "share": ("% of the data", "% 数据"),
    "morning-high": ("mornings high (from +20)", "晨间增高（≥20）"),
    "of-a-meter": ("shares of readings, not of time", "为读数占比，非时间占比"),
    "no-diagnosis": ("Decision support, no diagnosis.", "仅供辅助决策，不作诊断。"),
    "left-out": ("Not counted", "未计入"),
    "first-day": ("first day", "第一天"),
    "first-of-visit": ("first of the visit", "就诊首次测量"),
    "implausible": ("cannot be", "数值不合理"),
    "outlier": ("far from the others", "偏离其他读数"),
    "time-unknown": ("nobody knows when", "测量时间不明"),
    "questionable": ("questionable", "可疑"),
    "invalid": ("invalid", "无效"),
    "not-available": ("no value", "无数值"),
    "calibration-ongoing": ("calibrating", "校准中"),
    "msmt-ongoing": ("not finished", "测量未完成"),
    "test-data": ("test data", "测试数据"),
    "demo-data": ("demonstration", "演示数据"),
    "unknown": ("unknown", "未知"),
    "asked-unknown": ("unknown", "未知"),
    "temp-unknown": ("unknown for now", "暂时未知"),
    "not-asked": ("not asked", "未询问"),
    "asked-declined": ("declined", "拒绝"),
    "masked": ("withheld", "已隐藏"),
    "not-applicable": ("not applicable", "不适用"),
    "unsupported": ("unsupported", "不支持"),
    "as-text": ("as text", "文字"),
    "error": ("error", "错误"),
    "not-a-number": ("no number", "不是数值"),
    "negative-infinity": ("below what it can measure", "低于测量范围"),
    "positive-infinity": ("above what it can measure", "高于测量范围"),
    "not-performed": ("not measured", "未测量"),
    "not-permitted": ("not permitted", "不允许"),
    "validated-data": ("validated", "已确认"),
    "early-indication": ("early indication", "初步结果"),
    "movement": ("movement", "体动"),
    "cuff-loose": ("cuff loose", "袖带松动"),
    "bad-position": ("wrong position", "位置不当"),
    "irregular-pulse": ("irregular pulse", "脉搏不齐"),
    "nobody": ("nobody's", "未绑定"),
    "time-in-range": ("Shares, mmol/L", "各范围占比（mmol/L）"),
    "target": ("3.9-10.0 is to be above 70 %", "目标：3.9-10.0 占比高于 70 %"),
    "phenotype-normal": ("both below their limits", "均低于界值"),
    "phenotype-white-coat": ("high at the clinic only", "仅诊室增高"),
    "phenotype-masked": ("high at home only", "仅家庭增高"),
    "phenotype-sustained": ("high at both", "诊室与家庭均增高"),
    "limits": ("limits: home 135/85, clinic 140/90", "界值：家庭 135/85，诊室 140/90"),
    "mean": ("Mean", "平均"),
    "gmi": ("Glucose indicator GMI", "血糖管理指标 GMI"),
    "hba1c": ("Estimated HbA1c", "估算糖化血红蛋白"),
    "cv": ("Variation", "变异系数"),
    "hypo-nights": ("Nights with low glucose", "夜间低血糖（晚）"),
    "days": ("Days", "天数"),
}


def word(key: str, language: Language) -> str:
    """What is written for a key; a key that is not known is written as it is."""
    english, chinese = WORDS.get(key, (key, key))
    return chinese if language is Language.ZH else english
