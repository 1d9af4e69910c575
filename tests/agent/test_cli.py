"""The command line: documented, quick, plain words and exit statuses that can be relied upon."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.__main__ import main
from edge_agent.cli import COMMANDS
from tests.support.agent import HEAD, Agent, until

FRIDGE = '[[device]]\nalias = "fridge"\nspec = "xy-md02"\nhost = "127.0.0.1:1"\nasset_tag = "F"\n'


@pytest.fixture
def config(config_file: Path) -> str:
    config_file.write_text(HEAD.format(broker="mqtt://127.0.0.1:1") + FRIDGE)
    return str(config_file)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an agent left that has run and was stopped."""
    file = tmp_path_factory.mktemp("ran") / "agent.toml"
    file.write_text(HEAD.format(broker="mqtt://127.0.0.1:1") + FRIDGE)
    agent = Agent(file)
    agent.start()
    until(lambda: (status := agent.status()) and status.waiting)
    agent.end()
    return agent.state


@pytest.fixture
def agent(config: str, state: Path) -> Agent:
    """An agent that has run and was stopped: its buffer is there."""
    agent = Agent(Path(config))
    shutil.copytree(state, agent.state)
    return agent


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(root: Path, command: str) -> None:
    text = (root / "edge_agent" / "README.md").read_text()
    assert f"edge-agent {command}" in text


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_documented(
    root: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    text = (root / "edge_agent" / "README.md").read_text()
    assert not [option for option in options if option not in text]


def test_help_needs_nothing_heavy() -> None:
    program = (
        "import sys; from edge_agent.cli import parser_for; parser_for(['--help']).format_help()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program + "print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"asyncio", "msgspec", "edge_drivers", "edge_sync", "edge_signal"}


@pytest.mark.parametrize("arguments", [[], ["format"], ["bind", "cuff"], ["run", "--what"]])
def test_a_wrong_call_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_mistakes_of_the_file_are_told_line_by_line(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text("[gateway]\nnam = 1\n")
    assert main(["status", "--config", str(config_file)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 5
    assert f"edge-agent: {config_file}:2: gateway.nam: unknown key 'nam'" in told[-1]


@pytest.mark.parametrize("command", ["status", "devices", "buffer", "bindings"])
def test_where_no_agent_ever_ran(
    config: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--config", config]) == 1
    assert "edge-agent: " in capsys.readouterr().err


def test_without_an_agent_the_store_answers(
    config: str, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--config", config, "--json"]
    assert main(["bind", "fridge", "s-1", *at]) == 0
    assert json.loads(capsys.readouterr().out)["bindings"][0]["subject"] == "s-1"
    assert main(["bindings", *at]) == 0
    assert json.loads(capsys.readouterr().out)["bindings"][0]["device"] == "tag:F"
    assert main(["unbind", "fridge", *at]) == 0
    assert json.loads(capsys.readouterr().out)["bindings"][0]["until"]
    assert main(["buffer", *at]) == 0
    lanes = {one["lane"]: one["rows"] for one in json.loads(capsys.readouterr().out)["lanes"]}
    assert lanes["observation"] == 3  # a clock mapping, two revisions of a binding
    assert main(["devices", *at]) == 0
    assert json.loads(capsys.readouterr().out)["devices"][0]["alias"] == "fridge"


def test_an_agent_that_runs_answers_people_and_programs(
    config: str, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    agent.start()
    try:
        until(agent.status)
        for command in ("status", "devices", "buffer", "bindings"):
            assert main([command, "--config", config]) == 0
            assert capsys.readouterr().out
            assert main([command, "--config", config, "--json"]) == 0
            assert json.loads(capsys.readouterr().out)
    finally:
        agent.stop()


def test_people_read_whose_it_is(
    config: str, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bind", "fridge", "s-1", "--slot", "2", "--config", config]) == 0
    assert "fridge, user 2, is s-1's since " in capsys.readouterr().out
    assert main(["unbind", "fridge", "--slot", "2", "--config", config]) == 0
    assert "fridge is nobody's since " in capsys.readouterr().out
    assert main(["unbind", "fridge", "--config", config]) == 1
    assert "nobody is bound to 'fridge'" in capsys.readouterr().err


def test_an_audit_that_was_changed_names_the_entry(
    config: str, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-audit", "--config", config]) == 0
    assert re.search(
        r"^\d+ entries, none changed; the last is [0-9a-f]{64}$", capsys.readouterr().out
    )
    with sqlite3.connect(agent.state / "buffer.sqlite") as database:
        database.execute("UPDATE audit SET entry = replace(entry, 'start', 'stale')")
    database.close()
    assert main(["verify-audit", "--config", config]) == 1
    assert "audit entry 2 is not what its digest says" in capsys.readouterr().err


def test_the_buffer_says_since_when_it_waits(
    config: str, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["buffer", "--config", config]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("observation"))
    assert abs(datetime.now(UTC) - datetime.fromisoformat(row.split()[-1])) < timedelta(hours=1)


def test_the_doctor_finds_what_fails_and_says_what_to_do(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--config", config, "--json"]) == 1
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)}
    assert {name for name, one in found.items() if one["level"] == "fail"} == {"broker", "fridge"}
    assert found["fridge"]["remedy"] == "check address, cable and power"
    assert found["config"]["level"] == found["specs"]["level"] == found["state"]["level"] == "ok"


def test_the_doctor_of_a_file_that_is_refused(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text("[gateway\n")
    assert main(["doctor", "--config", str(config_file)]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_the_doctor_looks_at_ports_secrets_and_the_radio(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = config_file.with_name("password")
    secret.write_text("x")
    secret.chmod(0o644)
    config_file.with_name("keys").write_text("region-1 QUJD\n")
    head = HEAD.replace("[region]", '[region]\ncommand_keys_file = "keys"')
    config_file.write_text(
        head.format(broker="mqtts://127.0.0.1:1")
        + f'username = "u"\npassword_file = "{secret}"\nca_file = "none.pem"\n'
        + '[ble]\nadapter = "hci77"\n'
        + '[[device]]\nalias = "cuff"\nspec = "blood-pressure"\nname = "UA-651"\n'
        + '[[device]]\nalias = "spo2"\nspec = "cms50d-plus"\nport = "/dev/none"\nasset_tag = "S"\n'
        + '[[device]]\nalias = "old"\nspec = "xy-md02"\nreplay = "old.jsonl"\nasset_tag = "O"\n'
    )
    assert main(["doctor", "--config", str(config_file), "--json"]) == 1
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["broker.password_file"]["said"] == f"everybody can read {secret}"
    assert "none.pem does not exist" in found["broker.ca_file"]["said"]
    assert found["broker"]["said"].endswith("none.pem: No such file or directory")
    assert found["region.command_keys_file"]["said"].endswith("keys:1: this is no public key")
    assert found["radio"]["said"] == "there is no hci77"
    assert found["spo2"]["said"] == "there is no /dev/none"
    assert found["old"]["remedy"] == "name a capture file"


@pytest.mark.parametrize("kind", ["config", "record"])
def test_schemas_are_printed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", kind]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"]
