"""The cold chain in the configuration: a profile that there is, a device that can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.config.parse import parse
from edge_agent.model.errors import ConfigError
from firmware_specs import catalog

HEAD = """\
[gateway]
name = "gw1"
zone = "Asia/Shanghai"
[region]
site = "clinic-1"
[broker]
url = "mqtt://broker"
"""
CUFF = '[[device]]\nalias = "box"\nspec = "blood-pressure"\nname = "X"\n'
BOX = '[[device]]\nalias = "box"\nspec = "{spec}"\nhost = "10.0.0.7:502"\nasset_tag = "B-1"\n'


def refusal(text: str) -> str:
    with pytest.raises(ExceptionGroup) as caught:
        parse(HEAD + text, Path("agent.toml"), catalog.find_all)
    (error,) = caught.value.exceptions
    assert isinstance(error, ConfigError)
    return str(error)


@pytest.mark.parametrize(
    "spec", ["xy-md02", "r444a01", "rs-ws-n01", "vaccine-refrigerator", "blood-refrigerator"]
)
def test_each_sensor_that_tells_a_temperature_can_guard(spec: str) -> None:
    text = HEAD + BOX.format(spec=spec) + 'cold_chain = "vaccine"\n'
    config = parse(text, Path("agent.toml"), catalog.find_all)
    assert config.devices[0].cold_chain == "vaccine"


def test_a_profile_that_there_is_not() -> None:
    said = refusal(BOX.format(spec="xy-md02") + 'cold_chain = "vacine"\n')
    assert "agent.toml:13: device[1].cold_chain: there is no profile 'vacine'" in said
    assert "did you mean 'vaccine'?" in said


def test_a_device_that_tells_no_temperature() -> None:
    said = refusal(CUFF + 'cold_chain = "vaccine"\n')
    assert "'box' (blood-pressure) tells no temperature of the air" in said


def test_a_sensor_that_is_read_too_seldom_for_the_regulation(tmp_path: Path) -> None:
    spec = catalog.find("xy-md02")
    text = Path(spec.origin).read_text().replace("every = 1 }", "every = 90 }")
    (tmp_path / "slow.toml").write_text(text.replace('device = "xy-md02"', 'device = "slow"'))
    dirs = HEAD.replace("zone =", f'specs_dir = "{tmp_path}"\nzone =')
    with pytest.raises(ExceptionGroup) as caught:
        parse(
            dirs + BOX.format(spec="slow") + 'cold_chain = "vaccine"\n',
            Path("agent.toml"),
            catalog.find_all,
        )
    assert "'box' is read every 90 s, GSP asks for 60 s" in str(caught.value.exceptions[0])
