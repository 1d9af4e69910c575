# ruff: noqa: E501 (a row is a line, with Chinese punctuation)
"""The rows of the one table of codes: kind, MDC, LOINC, units, WS/T 363, category, names.

Sources: ISO/IEEE 11073-10101 nomenclature as used by the HL7 Personal Health Device guide (R4) and
the device specialisations 11073-104xx (-10408 thermometer, -10415 scale, -10420 body composition);
its ECG leads as in the annotated ECG (aECG); LOINC 2.7x; UCUM; WS/T 363-2023 data elements (code
system 2.16.156.10011.2.2.1). A code that no source could be read for is `-` rather than guessed.
MDC codes are decimal: partition * 65536 + term. LOINC codes that depend on the unit: `unit=code`.
"""

from __future__ import annotations

ROWS = """
blood-pressure | 150020 | 85354-9 | - | - | vital-signs | Blood pressure | 血压
systolic | 150021 | 8480-6 | mm[Hg] kPa | DE04.10.174.00 | vital-signs | Systolic pressure | 收缩压
diastolic | 150022 | 8462-4 | mm[Hg] kPa | DE04.10.176.00 | vital-signs | Diastolic pressure | 舒张压
mean-arterial-pressure | 150023 | 8478-0 | mm[Hg] kPa | - | vital-signs | Mean arterial pressure | 平均动脉压
pulse-rate-cuff | 149546 | 8867-4 | /min | DE04.10.118.00 | vital-signs | Pulse rate (cuff) | 脉率（袖带）
pulse-rate | 149530 | 8867-4 | /min | DE04.10.118.00 | vital-signs | Pulse rate (oximeter) | 脉率
spo2 | 150456 | 2708-6 | % | - | vital-signs | Oxygen saturation | 血氧饱和度
perfusion-index | 150488 | 61006-3 | % | - | vital-signs | Perfusion index | 灌注指数
pleth | 150452 | - | {count} | - | vital-signs | Plethysmogram | 容积脉搏波
ppg | - | - | {count} | - | procedure | Photoplethysmogram, raw | 光电容积脉搏波原始信号
ambient-light | - | - | {count} | - | survey | Ambient light of a PPG sensor | 环境光
heart-rate | 147842 | 8867-4 | /min | DE04.10.206.00.004 | vital-signs | Heart rate | 心率
rr-interval | 147240 | 8637-1 | s ms | - | vital-signs | RR interval | RR间期
pulse-interval | - | - | s ms | - | vital-signs | Pulse interval, optical | 脉搏间期（光电）
energy-expended | - | - | kJ | - | activity | Energy expended | 能量消耗
acceleration-x | - | - | m/s2 {count} | - | activity | Acceleration along x | X轴加速度
acceleration-y | - | - | m/s2 {count} | - | activity | Acceleration along y | Y轴加速度
acceleration-z | - | - | m/s2 {count} | - | activity | Acceleration along z | Z轴加速度
ecg-lead-i | 131329 | 11524-6 | uV mV {count} | - | procedure | ECG lead I | 心电图I导联
ecg-lead-ii | 131330 | - | uV mV {count} | - | procedure | ECG lead II | 心电图II导联
ecg-lead-iii | 131389 | - | uV mV {count} | - | procedure | ECG lead III | 心电图III导联
ecg-lead-avr | 131390 | - | uV mV {count} | - | procedure | ECG lead aVR | 心电图aVR导联
ecg-lead-avl | 131391 | - | uV mV {count} | - | procedure | ECG lead aVL | 心电图aVL导联
ecg-lead-avf | 131392 | - | uV mV {count} | - | procedure | ECG lead aVF | 心电图aVF导联
ecg-lead-v1 | 131331 | - | uV mV {count} | - | procedure | ECG lead V1 | 心电图V1导联
ecg-lead-v2 | 131332 | - | uV mV {count} | - | procedure | ECG lead V2 | 心电图V2导联
ecg-lead-v3 | 131333 | - | uV mV {count} | - | procedure | ECG lead V3 | 心电图V3导联
ecg-lead-v4 | 131334 | - | uV mV {count} | - | procedure | ECG lead V4 | 心电图V4导联
ecg-lead-v5 | 131335 | - | uV mV {count} | - | procedure | ECG lead V5 | 心电图V5导联
ecg-lead-v6 | 131336 | - | uV mV {count} | - | procedure | ECG lead V6 | 心电图V6导联
ecg-lead-unknown | 131328 | - | uV mV {count} | - | procedure | ECG, lead not known | 心电图（导联未知）
eeg | - | - | uV | - | procedure | Biopotential of an electrode | 电极生物电位
ecg-quality | - | - | 1 | - | procedure | ECG signal quality | 心电信号质量
ecg-rhythm | - | - | 1 | - | procedure | ECG rhythm, screening | 心律筛查提示
body-temperature | 150364 | 8310-5 | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature | 体温
body-temperature-axilla | 188452 | 8328-7 | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, armpit | 腋温
body-temperature-ear | 188428 | - | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, ear | 耳温
body-temperature-finger | 188432 | - | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, finger | 指温
body-temperature-git | 188456 | - | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, gastro-intestinal tract | 胃肠道温度
body-temperature-oral | 188424 | 8331-1 | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, mouth | 口温
body-temperature-rectal | 188420 | 8332-9 | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, rectum | 肛温
body-temperature-toe | 188448 | - | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, toe | 趾温
body-temperature-tympanum | 150392 | 8333-7 | Cel [degF] | DE04.10.186.00 | vital-signs | Body temperature, ear drum | 鼓膜温度
body-weight | 188736 | 29463-7 | kg [lb_av] | DE04.10.188.00 | vital-signs | Body weight | 体重
body-height | 188740 | 8302-2 | cm m [in_i] | DE04.10.167.00 | vital-signs | Body height | 身高
bmi | 188752 | 39156-5 | kg/m2 | - | vital-signs | Body mass index | 体质指数
body-fat | 188748 | 41982-0 | % | - | vital-signs | Body fat | 体脂率
fat-free-mass | 188756 | 91557-9 | kg [lb_av] | - | vital-signs | Fat free mass | 去脂体重
soft-lean-mass | 188760 | - | kg [lb_av] | - | vital-signs | Soft lean mass | 软瘦组织量
body-water | 188764 | - | kg [lb_av] | - | vital-signs | Body water mass | 身体水分
basal-metabolism | 188768 | - | kJ | - | vital-signs | Basal metabolism | 基础代谢
muscle-percentage | 188772 | - | % | - | vital-signs | Muscle percentage | 肌肉率
muscle-mass | 188776 | 73964-9 | kg [lb_av] | - | vital-signs | Muscle mass | 肌肉量
body-impedance | - | - | Ohm | - | vital-signs | Body impedance | 身体阻抗
respiratory-rate | 151562 | 9279-1 | /min | DE04.10.081.00 | vital-signs | Respiratory rate | 呼吸频率
respiration-wave | - | - | {count} | - | procedure | Respiration, impedance | 呼吸阻抗波
glucose-capillary-blood | 160184 | mmol/L=14743-9 mg/dL=32016-8 | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, capillary blood | 血糖（毛细血管全血）
glucose-capillary-plasma | 160188 | mg/dL=41653-7 | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, capillary plasma | 血糖（毛细血管血浆）
glucose-venous-blood | 160192 | - | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, venous blood | 血糖（静脉全血）
glucose-venous-plasma | 160196 | - | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, venous plasma | 血糖（静脉血浆）
glucose-arterial-blood | 160200 | - | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, arterial blood | 血糖（动脉全血）
glucose-arterial-plasma | 160204 | - | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, arterial plasma | 血糖（动脉血浆）
glucose-blood | 160364 | mmol/L=15074-8 mg/dL=2339-0 | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, blood | 血糖（全血）
glucose-plasma | 160368 | - | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, plasma | 血糖（血浆）
glucose-interstitial | 160212 | 99504-3 | mg/dL mmol/L | DE04.50.102.00 | laboratory | Glucose, interstitial fluid | 组织间液葡萄糖
glucose-trend | - | - | mg/dL/min | - | laboratory | Rate of change of glucose | 葡萄糖变化率
cgm-quality | - | - | % | - | survey | Quality of a CGM value | 动态血糖质量
glucose-control | 160208 | - | mg/dL mmol/L | - | survey | Glucose, control solution | 血糖质控液
hba1c | 160220 | 4548-4 | % | - | laboratory | HbA1c | 糖化血红蛋白
sampling-rate | - | - | Hz | - | survey | Sampling rate, by the device's own stamps | 采样率（按设备时标）
battery | 67996 | - | % | - | survey | Battery level | 电池电量
air-temperature | - | 60832-3 | Cel | - | survey | Air temperature | 环境温度
relative-humidity | - | 65643-9 | % | - | survey | Relative humidity | 相对湿度
stock-level | - | - | {pack} | - | survey | Stock of a dispenser channel | 药槽库存
dispensed-count | - | - | {pack} | - | survey | Packs dispensed, retained count | 累计发药数
dispenser-state | - | - | - | - | survey | Dispenser state | 发药机状态
"""
