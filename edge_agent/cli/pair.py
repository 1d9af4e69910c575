"""`edge-agent pair`: bring a device in. Put it into pairing mode near the box, confirm, done.

The running agent bonds with it and drives it from then on. What a person at home reads is in
Chinese and English.
"""

from __future__ import annotations

import argparse
import sys
import time

from edge_agent.cli.common import add_config, add_json, load, show_json
from edge_agent.config.settings import Config
from edge_agent.control import channel
from edge_agent.control.answered import PairReply, ScanReply, Seen
from edge_agent.control.asked import Pair, Passkey, Scan
from edge_agent.model.errors import CommandError

LISTEN_S = 2.0
NEAR_DBM = -70
"""A device on the box is far louder than one in the next room."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("address", nargs="?", default="", help="as `scan` shows it; else the near")
    parser.add_argument("--spec", default="", metavar="NAME", help="which describes it")
    parser.add_argument("--alias", default="", metavar="NAME", help="what it will be called")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look for it (60)")
    parser.add_argument("--yes", action="store_true", help="ask nothing but a passkey")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Find it, ask, and have it paired."""
    config = load(options.config).config
    address = options.address
    if not address:
        _say("Put the device into pairing mode beside this box. / 请将设备靠近网关并进入配对模式。")
        found = _near(config, options.seconds)
        address = found.address
        if not (options.yes or _confirmed(found)):
            _say("Nothing was paired. / 未配对。")
            return 1
    asked: Pair | Passkey = Pair(address, options.spec, options.alias)
    reply = channel.ask(config.state_dir, asked, PairReply)
    while not reply.device:
        asked = Passkey(_passkey())
        reply = channel.ask(config.state_dir, asked, PairReply)
    if options.json:
        show_json(reply)
    else:
        print(f"{reply.alias} ({reply.spec}) is paired. / {reply.alias} 配对成功。")
    return 0


def _near(config: Config, seconds: float) -> Seen:
    """The loudest device that nobody has paired and that a spec knows."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        reply = channel.ask(config.state_dir, Scan(LISTEN_S), ScanReply)
        for one in reply.seen:
            if one.fits and not one.alias and one.rssi >= NEAR_DBM:
                return one
    raise CommandError(
        "no new device is near: press its button until it blinks, and hold it to the box"
        " / 附近没有新设备，请按住设备按键至闪烁并靠近网关"
    )


def _confirmed(one: Seen) -> bool:
    what = one.name or one.address
    fits = ", ".join(fit.spec for fit in one.fits)
    _say(f"Found / 发现: {what} ({fits}), {one.address}, {one.rssi} dBm")
    _say("Pair it? / 是否配对？ [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _passkey() -> int:
    """The six digits; asked for until they are some."""
    while True:
        _say("Type the six digits that it shows / 请输入设备显示的六位数字: ", end="")
        line = sys.stdin.readline()
        if not line:
            raise CommandError("nobody typed the passkey / 未输入配对码")
        if line.strip().isdecimal() and len(line.strip()) <= 6:
            return int(line)


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
