"""What a person is told when a device needs one, in English and Chinese.

These are words for the home as well as for the technician: they say what to do with the hands.
"""

from __future__ import annotations

BONDED_ELSEWHERE = (
    "it does not pair: it may be bonded with a phone or another box. Delete the bond on the phone,"
    " press the device's button for 3 s until it blinks, and pair it again"
    " / 设备拒绝配对，可能已与手机或其他网关绑定。请在手机上删除该设备，"
    "按住设备按键3秒至闪烁，再重新配对"
)
BOND_LOST = (
    "its bond with this box is lost (a new battery, or a reset?). Press the device's button for 3 s"
    " until it blinks, and pair it again"
    " / 设备与本网关的绑定已失效（可能换过电池或已复位）。请按住设备按键3秒至闪烁，再重新配对"
)
WRONG_PASSKEY = (
    "the passkey was not the one on its display. Pair it again and type the six digits it shows"
    " / 配对码不正确，请重新配对并输入设备屏幕上显示的六位数字"
)
PASSKEY_NEEDED = (
    "it shows a passkey, and nobody is here to type it: pair it with `edge-agent pair`"
    " / 设备需要配对码，请用 edge-agent pair 配对"
)
