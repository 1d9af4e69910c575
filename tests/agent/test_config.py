"""The configuration: every refusal names file, line, key, reason and remedy, all at once."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import msgspec
import pytest

from edge_agent.cli import schema
from edge_agent.config import settings
from edge_agent.config.parse import parse, read
from edge_agent.config.settings import Config
from edge_agent.model.errors import ConfigError, SpecError
from firmware_specs import catalog

FILE = Path("/etc/edge/agent.toml")
GOOD = """\
[gateway]
name = "gw1"
zone = "Asia/Shanghai"
[region]
site = "clinic-1"
[broker]
url = "mqtt://broker"
"""
FRIDGE = """\
[[device]]
alias = "fridge"
spec = "xy-md02"
host = "10.0.0.7:502"
asset_tag = "F-1"
"""


def accepted(text: str) -> Config:
    return parse(text, FILE, catalog.find_all)


def refusals(text: str) -> list[str]:
    """Each refusal, without the file's name before it."""
    with pytest.raises(ExceptionGroup) as caught:
        accepted(text)
    errors = [error for error in caught.value.exceptions if isinstance(error, ConfigError)]
    assert len(errors) == len(caught.value.exceptions)
    assert all(error.reason and error.remedy for error in errors)
    return [str(error).removeprefix(f"{FILE}:") for error in errors]


def test_what_is_left_out_has_its_default() -> None:
    config = accepted(GOOD + FRIDGE)
    assert config.state_dir == Path("/var/lib/edge-agent")
    assert config.region.unbound == "send"
    assert config.ble.adapter == "hci0"
    assert config.devices[0].alias == "fridge"


def test_relative_paths_are_beside_the_file() -> None:
    text = GOOD.replace('"Asia/Shanghai"', '"Asia/Shanghai"\nstate_dir = "state"')
    assert accepted(text).buffer == Path("/etc/edge/state/buffer.sqlite")


def test_devices_on_one_line_have_units() -> None:
    config = accepted(
        GOOD
        + '[[line]]\nname = "rs485"\nport = "/dev/ttyUSB0"\n'
        + FRIDGE.replace('host = "10.0.0.7:502"', 'line = "rs485"\nunit = 3')
        + FRIDGE.replace('host = "10.0.0.7:502"', 'line = "rs485"\nunit = 4')
        .replace("fridge", "room")
        .replace("F-1", "R-1")
    )
    assert [device.unit for device in config.devices] == [3, 4]


MISTAKES = [
    ("no TOML", "[gateway\n", ["1: is not TOML: Expected ']' at the end of a table declaration"]),
    ("empty", "", ["1: gateway: there is no [gateway]", "1: region: there", "1: broker: there"]),
    (
        "unknown key",
        GOOD.replace("name =", "nam ="),
        [
            "1: gateway: 'name' is missing",
            "2: gateway.nam: unknown key 'nam'; did you mean 'name'?",
        ],
    ),
    (
        "unknown table",
        GOOD + "[devices]\n",
        ["8: devices: unknown table or key 'devices'; did you mean 'device'?"],
    ),
    (
        "wrong type",
        GOOD.replace('"clinic-1"', "7"),
        ["5: region.site: 7 does not fit: expected str, got int"],
    ),
    (
        "no table",
        GOOD + "[device]\nalias = 1\n",
        ["8: device: 'device' may occur often; write [[device]]"],
    ),
    (
        "zone",
        GOOD.replace("Shanghai", "Shangai"),
        ["3: gateway.zone: 'Asia/Shangai' is no time zone that this machine knows"],
    ),
    (
        "digits",
        GOOD.replace("[region]", '[region]\nprovince = "510"'),
        ["5: region.province: '510' does not fit: it is none of the kind; write two digits"],
    ),
    (
        "choice",
        GOOD.replace("[region]", '[region]\nunbound = "drop"'),
        ["5: region.unbound: 'drop' does not fit", '"hold" or "send"'],
    ),
    (
        "broker without scheme",
        GOOD.replace("mqtt://broker", "broker:1883"),
        ["7: broker.url: 'broker:1883' does not fit", "mqtts://HOST"],
    ),
    (
        "port number",
        GOOD.replace("mqtt://broker", "mqtt://broker:70000"),
        ["7: broker.url: there is no port 70000"],
    ),
    (
        "certificates without TLS",
        GOOD + 'ca_file = "ca.pem"\n',
        ["8: broker.ca_file: mqtt:// uses no certificates; write mqtts:// in url"],
    ),
    (
        "key without certificate",
        GOOD.replace("mqtt:", "mqtts:") + 'key_file = "k.pem"\n',
        ["8: broker.key_file: a certificate and its key go together"],
    ),
    (
        "password without user",
        GOOD + 'password_file = "p"\n',
        ["8: broker.password_file: a password without a user"],
    ),
    (
        "spec",
        GOOD + FRIDGE.replace("xy-md02", "xy-md2"),
        ["10: device[1].spec: there is no firmware spec 'xy-md2'; did you mean 'xy-md02'?"],
    ),
    (
        "a spec of no device",
        GOOD + FRIDGE.replace("xy-md02", "gatt-common"),
        ["10: device[1].spec: there is no firmware spec 'gatt-common'"],
    ),
    (
        "asset tag",
        GOOD + FRIDGE.replace('asset_tag = "F-1"\n', ""),
        ["8: device[1]: a Modbus device cannot say who it is, and 'fridge' has no asset tag"],
    ),
    (
        "no place",
        GOOD + FRIDGE.replace('host = "10.0.0.7:502"\n', ""),
        ["8: device[1]: 'fridge' (xy-md02) says not where it is; write line or host or port"],
    ),
    (
        "place of another link",
        GOOD + FRIDGE + 'address = "A4:C1:38:00:00:01"\n',
        ["13: device[1].address: 'address' is no place of a xy-md02"],
    ),
    (
        "line",
        GOOD + FRIDGE.replace('host = "10.0.0.7:502"', 'line = "rs485"'),
        ["11: device[1].line: there is no line 'rs485'"],
    ),
    (
        "line without port",
        GOOD + '[[line]]\nname = "rs485"\n',
        ["8: line[1]: line 'rs485' needs a port or a host, one of them"],
    ),
    (
        "twice",
        GOOD + FRIDGE + FRIDGE,
        [
            "13: device[2].unit: 10.0.0.7:502 unit 1 is that of [[device]] 1 already",
            "14: device[2].alias: 'fridge' is that of [[device]] 1 already",
            "17: device[2].asset_tag: 'F-1' is that of [[device]] 1 already",
        ],
    ),
    (
        "serial device on a Modbus line",
        GOOD
        + '[[line]]\nname = "rs485"\nport = "/dev/ttyUSB0"\n'
        + '[[device]]\nalias = "spo2"\nspec = "cms50d-plus"\nport = "/dev/ttyUSB0"\n'
        + 'asset_tag = "S-1"\n',
        ["14: device[1].port: '/dev/ttyUSB0' is a Modbus line already"],
    ),
]


@pytest.mark.parametrize("name", ["_x", "-a", "a" * 64])
def test_a_name_that_no_topic_can_have_is_refused(name: str) -> None:
    assert any("gateway.name" in one for one in refusals(GOOD.replace('"gw1"', f'"{name}"')))


@pytest.mark.parametrize(
    ("text", "expected"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_refused_with_its_line(text: str, expected: list[str]) -> None:
    found = refusals(text)
    for words in expected:
        assert any(words in one for one in found), found
    numbered = [one for one in expected if one[0].isdigit()]
    assert len(found) == len(numbered), found


def test_devices_of_one_line_have_one_speed() -> None:
    specs = catalog.find_all()
    pills = specs["dispenser"]
    link = msgspec.structs.replace(pills.spec.link, baud=19200)
    specs["dispenser"] = msgspec.structs.replace(
        pills, spec=msgspec.structs.replace(pills.spec, link=link)
    )
    text = (
        GOOD
        + FRIDGE.replace('host = "10.0.0.7:502"', 'port = "/dev/ttyUSB0"\nunit = 2')
        + '[[device]]\nalias = "pills"\nspec = "dispenser"\nport = "/dev/ttyUSB0"\nunit = 3\n'
        + 'asset_tag = "P-1"\n'
    )
    with pytest.raises(ExceptionGroup) as caught:
        parse(text, FILE, lambda _: specs)
    (error,) = caught.value.exceptions
    assert "want different baud: 19200, 9600; set them all alike" in str(error)


def test_a_broken_spec_is_told_beside_the_configurations_own_mistakes(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "mine.toml").write_text("format = 2\n")
    file = tmp_path / "agent.toml"
    file.write_text(
        GOOD.replace('zone = "Asia/Shanghai"', 'zone = "Asia/Shanghai"\nspecs_dir = "specs"')
        + "x = 1\n"
        + '[[device]]\nalias = "own"\nspec = "mine"\nport = "/dev/ttyUSB9"\nasset_tag = "M-1"\n'
    )
    with pytest.raises(ExceptionGroup) as caught:
        read(file, catalog.find_all)
    assert [type(error) for error in caught.value.exceptions] == [ConfigError, SpecError]


def test_a_broken_spec_that_nobody_uses_hinders_nothing(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "mine.toml").write_text("format = 2\n")
    file = tmp_path / "agent.toml"
    file.write_text(GOOD.replace('"Asia/Shanghai"', '"Asia/Shanghai"\nspecs_dir = "specs"'))
    assert read(file, catalog.find_all).gateway.zone == "Asia/Shanghai"


def test_a_spec_of_the_sites_own_folder_is_known(tmp_path: Path) -> None:
    """A spec dropped into a folder makes a device configurable without reinstalling."""
    (tmp_path / "specs").mkdir()
    packaged = Path(catalog.__file__).parent / "devices" / "xy-md02.toml"
    own = packaged.read_text().replace('device = "xy-md02"', 'device = "own-sensor"')
    (tmp_path / "specs" / "own-sensor.toml").write_text(own)
    file = tmp_path / "agent.toml"
    text = GOOD.replace('"Asia/Shanghai"', '"Asia/Shanghai"\nspecs_dir = "specs"')
    file.write_text(text + FRIDGE.replace("xy-md02", "own-sensor"))
    assert read(file, catalog.find_all).devices[0].spec == "own-sensor"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        read(tmp_path / "none.toml", catalog.find_all)
    assert "cannot be read: No such file or directory" in str(caught.value.exceptions[0])


def test_the_example_is_accepted_and_fits_the_schema(root: Path) -> None:
    file = root / "packaging" / "agent.example.toml"
    assert len(read(file, catalog.find_all).devices) == 5
    jsonschema.validate(tomllib.loads(file.read_text()), settings.json_schema())


def test_the_schema_in_the_repository_is_the_types(root: Path) -> None:
    kept = root / "edge_agent" / "schemas" / "agent.json"
    assert kept.read_text() == schema.text("config"), "run: edge-agent schema config"


def test_the_schema_refuses_unknown_keys() -> None:
    document = tomllib.loads(GOOD.replace("name =", "nam ="))
    with pytest.raises(jsonschema.ValidationError, match="nam"):
        jsonschema.validate(document, json.loads(schema.text("config")))
