"""The recorded run as JSON: `python tests/bluez/record.py > tests/data/bluez.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

FOLDER = Path(__file__).parents[2] / ".bluez"


def recorded(folder: Path) -> dict[str, object]:
    """What ran on what, and how it went; of pytest's JUnit file and the guest's first line."""
    suite = ET.parse(folder / "result.xml").getroot()[0]
    head = next(one for one in (folder / "run.log").read_text().splitlines() if "BlueZ" in one)
    return {
        "on": head.strip(),
        "at": suite.attrib["timestamp"][:19],
        "seconds": float(suite.attrib["time"]),
        "failed": int(suite.attrib["failures"]) + int(suite.attrib["errors"]),
        "tests": [
            {
                "name": f"{case.attrib['classname'].rpartition('.')[2]}::{case.attrib['name']}",
                "seconds": float(case.attrib["time"]),
                "outcome": next((child.tag for child in case), "passed"),
            }
            for case in suite.iter("testcase")
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(recorded(FOLDER), indent=1) + "\n")
