"""What `[dispensing]` refuses: what it names is not there, or its style cannot be carried out."""

from pathlib import Path

import pytest

from edge_agent.model.errors import SpecError
from firmware_specs import catalog
from firmware_specs.spec.parse import parse

DEVICES = Path(catalog.__file__).parent / "devices"
NUMBERED = (DEVICES / "dispenser.toml").read_text()
COUNTED = (DEVICES / "dispenser-plc.toml").read_text()
RESERVE = next(line for line in NUMBERED.splitlines() if line.startswith("reserve ="))

# What is bad: the text, what is replaced by what, and key, reason and remedy of the refusal.
BAD: dict[str, tuple[str, str, str, str, str, str]] = {
    "source": (NUMBERED, '"map orders"', '"leaflet"', "source", "begins with 'leaflet'", "map"),
    "tell": (NUMBERED, 'tell = "echo"', 'tell = "eco"', "tell", "'eco' is no part", "`echo`"),
    "state": (NUMBERED, '\nstate = "state"', '\nstate = "x"', "state", "is no field of echo", ""),
    "an interlock": (
        NUMBERED,
        'interlocks = ["door_open", ',
        'interlocks = ["dor_open", ',
        "interlocks[0]",
        "'dor_open' is no field of echo",
        "did you mean `door_open`?",
    ),
    "no value for moving": (
        NUMBERED,
        "moving = [2]",
        "moving = []",
        "states.moving",
        "is missing",
        "list the raw values",
    ),
    "channels": (NUMBERED, "channels = 4", "channels = 3", "count", "each of 3", "`repeat = 3`"),
    "no withdraw": (
        NUMBERED,
        "withdraw = {",
        "# {",
        "withdraw",
        "need each other",
        "give both, or neither",
    ),
    "no life": (NUMBERED, "life = 30", "", "life", "is 0", "forgets what it reserved"),
    "no result": (NUMBERED, "none = 0, ", "", "sequence.results.none", "is missing", "raw value"),
    "patience": (NUMBERED, "patience = 300", "patience = 0", "patience", "is 0", "above 0"),
    "a start of any order": (
        NUMBERED,
        'sequence = "sequence", tag = "tag" } }\nwithdraw',
        'sequence = "sequence", tag = 7 } }\nwithdraw',
        "start.values",
        "does not say the tag",
        '`field = "tag"`',
    ),
    "a field without a value": (
        NUMBERED,
        RESERVE,
        RESERVE.replace("code = 1, ", ""),
        "reserve.values.code",
        "is missing",
        "every field",
    ),
    "a value without a field": (
        NUMBERED,
        RESERVE,
        RESERVE.replace("code = 1", "cod = 1"),
        "reserve.values.cod",
        "is no field of command",
        "`code`",
    ),
    "a part that is not written": (
        NUMBERED,
        'start = { part = "commit"',
        'start = { part = "status"',
        "start.part",
        "cannot be written",
        "write = 16",
    ),
    "a word that is no number": (
        COUNTED,
        '{ name = "amount", type = "u16", unit = "{pack}" }',
        '{ name = "amount", type = "s16" }',
        "start.values.amount",
        "is of type s16",
        "plain u16 and u32",
    ),
    "no settling": (COUNTED, "settle = 5", "", "settle", "is 0", "no longer take effect"),
    "a start of no channel": (
        COUNTED,
        'channel = "channel"',
        "channel = 1",
        "start.values",
        "does not say the channel",
        "",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_way_of_dispensing_is_refused(name: str) -> None:
    text, old, new, key, reason, remedy = BAD[name]
    assert text.count(old) == 1
    with pytest.raises(ExceptionGroup) as caught:
        parse(text.replace(old, new), "bad.toml")
    errors = [error for error in caught.value.exceptions if isinstance(error, SpecError)]
    told = [error for error in errors if error.key == f"dispensing.{key}"]
    assert told, errors
    assert reason in told[0].reason
    assert remedy in told[0].remedy


def test_it_is_for_modbus() -> None:
    other = (DEVICES / "cms50d-plus.toml").read_text()
    section = COUNTED[COUNTED.index("[dispensing]") :].replace("map PLC", f"{_source(other)} PLC")
    with pytest.raises(ExceptionGroup, match=r"cms50d-plus") as caught:
        parse(other + section, "cms50d-plus.toml")
    assert "is for a Modbus link only" in str(caught.value.exceptions[0])


def _source(text: str) -> str:
    return next(iter(parse(text, "cms50d-plus.toml").sources))
