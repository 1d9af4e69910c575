"""A configuration from afar: reaches the region and is kept, or does not and is taken back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app import Setup, in_force
from edge_agent.cli.common import load_own, load_text
from edge_agent.config.remote import STARTS, Given, Remote, State
from edge_agent.model.commands import Command, Conclusion, Outcome
from edge_agent.model.errors import CommandError
from edge_agent.remote import configuring
from edge_agent.remote.configuring import Configure, Trials
from edge_sync.keys import make_signer
from edge_sync.store import Store
from tests.support.agent import HEAD, Agent, Program, Region, until
from tests.support.mosquitto import Mosquitto
from tests.support.sync import Clock

PATH = "51/00/00/000/000/clinic-1/gw1"
GIVEN = st.builds(Given, st.sampled_from("abc"), st.text(max_size=3), st.sampled_from("xy"))
MOVES = st.one_of(GIVEN, st.sampled_from(["started", "accepted", "taken back"]))


def moved(state: State, move: Given | str) -> State:
    match move:
        case Given():
            return state.proposed(move)
        case "started":
            return state.started()
        case "accepted":
            return state.accepted()
        case _:
            return state.taken_back("why")


@given(st.lists(MOVES))
def test_what_was_kept_changes_only_by_reaching_the_region(moves: list[Given | str]) -> None:
    state = State()
    for move in moves:
        after = moved(state, move)
        if after.kept != state.kept:
            assert move == "accepted"
            assert after.kept == state.trial
        assert after.starts <= STARTS
        state = after
    for _ in range(STARTS + 1):
        state = state.started()
    assert state.trial is None


def test_whoever_changes_the_file_on_the_box_has_the_last_word() -> None:
    state = State(kept=Given("a", "", "old"), trial=Given("b", "", "old"))
    after = state.over("new")
    assert (after.kept, after.trial, after.refused) == (None, None, "b")
    assert state.over("old") == state


def test_the_state_on_disk_is_whole_or_what_it_was(tmp_path: Path) -> None:
    remote = Remote(tmp_path, "x")
    assert remote.read() == State()
    state = State(trial=Given("b", "text", "x"))
    remote.write(state)
    (tmp_path / "configuration.new").write_bytes(b'{"kept":')  # a kill while the next was written
    assert Remote(tmp_path, "x").read() == state
    (tmp_path / "configuration.json").write_bytes(b"\0\0")
    assert remote.read() == State()


class Box:
    """What `Configure` needs, on disk, without a process around it."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.file = folder / "agent.toml"
        self.text = HEAD.format(broker="mqtt://127.0.0.1:1")
        self.file.write_text(self.text)
        (folder / "state").mkdir()
        self.own, base = load_own(self.file)
        self.remote = Remote(self.own.config.state_dir, base)
        self.store = store
        self.restarts = 0
        self.reached = False

    def parse(self, text: str) -> Setup:
        loaded = load_text(text, self.file)
        return loaded.config, loaded.specs

    def restart(self) -> None:
        self.restarts += 1

    def handler(self) -> Configure:
        """That of an agent that starts now."""
        own = (self.own.config, self.own.specs)
        (config, _), trial = in_force(own, self.remote, self.parse)
        trials = Trials(self.remote, lambda text: self.parse(text)[0], self.restart, trial)
        return Configure(config, trials, lambda: self.reached, self.store.audit, Clock())

    async def until_restart(self, work: Coroutine[None, None, Conclusion]) -> None:
        before = self.restarts
        task = asyncio.create_task(work)
        while self.restarts == before:
            assert not task.done(), task.result()
            await asyncio.sleep(0.005)
        task.cancel()


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        yield Box(tmp_path, store)


def command(text: str, **more: str | int) -> Command:
    return Command("c1", "configure", "", arguments={"text": text, **more})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "is not TOML"),
        ('[gateway]\nname = "gw1"\n', "there is no [region]"),
        (HEAD.replace('"state"', '"other"'), "gateway.state_dir cannot be changed from afar"),
        (HEAD.replace('"gw1"', '"gw2"'), "the gateway's place in the topics cannot be changed"),
        (
            HEAD.replace("[region]", '[region]\ncommand_keys_file = "theirs"'),
            "region.command_keys_file cannot be changed from afar",
        ),
    ],
)
async def test_what_cannot_be_accepted_is_refused_and_changes_nothing(
    box: Box, text: str, said: str
) -> None:
    with pytest.raises(CommandError) as refused:
        await box.handler().act(command(text.format(broker="mqtt://127.0.0.1:1")))
    assert said in str(refused.value)
    assert (box.remote.read(), box.restarts) == (State(), 0)


@pytest.mark.parametrize("minutes", [0, 61, "5"])
async def test_minutes_have_bounds(box: Box, minutes: str | int) -> None:
    with pytest.raises(CommandError, match="minutes"):
        await box.handler().act(command(box.text, minutes=minutes))


async def test_one_that_reaches_the_region_is_kept(box: Box) -> None:
    changed = box.text + '[log]\nlevel = "debug"\n'
    await box.until_restart(box.handler().act(command(changed)))
    box.reached = True
    assert (await box.handler().recover(command(changed))).outcome is Outcome.DONE
    kept = box.remote.read().kept
    assert kept
    assert kept.text == changed
    assert (await box.handler().recover(command(changed))).outcome is Outcome.DONE  # after a kill
    found = await box.store._reader.all("SELECT entry ->> '$.event.is' FROM audit")  # pyright: ignore[reportPrivateUsage]
    assert [one for (one,) in found] == ["tried", "kept"]


async def test_one_that_does_not_is_taken_back(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = box.text.replace(":1", ":2")
    await box.until_restart(box.handler().act(command(changed)))
    monkeypatch.setattr(configuring, "MINUTE_S", 0.01)
    await box.until_restart(box.handler().recover(command(changed)))
    found = await box.handler().recover(command(changed))
    assert (found.outcome, found.reason) == (
        Outcome.NOT_DONE,
        "the region was not reached within 5 min",
    )
    assert box.remote.read().given is None


async def test_one_that_kills_the_agent_is_taken_back(box: Box) -> None:
    await box.until_restart(box.handler().act(command(box.text)))
    for _ in range(STARTS):
        box.handler()  # starts, and is killed
    found = await box.handler().recover(command(box.text))
    assert found.outcome is Outcome.NOT_DONE
    assert found.reason == "the agent ended 3 times before it reached the region"


async def test_an_agent_that_still_runs_the_old_one_does_not_judge(box: Box) -> None:
    old = box.handler()
    box.reached = True
    await box.until_restart(old.act(command(box.text)))
    await box.until_restart(old.recover(command(box.text)))
    assert box.remote.read().kept is None


# --- the whole agent ---------------------------------------------------------------------------


@pytest.fixture
def region(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Region]:
    signer = make_signer(tmp_path / "region-1.pem")
    (tmp_path / "keys").write_text(signer.public_line)
    region = Region(mosquitto.url, tmp_path)
    region.arguments += ["--sign-with", str(tmp_path / "region-1.pem")]
    region.start()
    yield region
    region.stop()


@pytest.fixture
def agent(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Agent]:
    config = tmp_path / "agent.toml"
    text = HEAD.replace("[region]", '[region]\ncommand_keys_file = "keys"')
    config.write_text(text.format(broker=mosquitto.url))
    agent = Agent(config)
    yield agent
    agent.stop()


@pytest.fixture
def send(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Program]]:
    """`edge-region send … configure text=@…`, started."""
    monkeypatch.chdir(tmp_path)
    sent: list[Program] = []

    def start(text: str) -> Program:
        Path("new.toml").write_text(text)
        command = ["send", mosquitto.url, PATH, "configure", "text=@new.toml", "--wait", "60"]
        key = ["--sign-with", "region-1.pem", "--expires", "600000"]  # our clock may be unproven
        sent.append(Program(["edge_sync.region", *command, *key], Path("send.log")))
        sent[-1].start()
        return sent[-1]

    yield start
    for program in sent:
        program.stop()


async def test_the_region_configures_a_gateway_that_is_killed_meanwhile(
    region: Region, agent: Agent, send: Callable[[str], Program], tmp_path: Path
) -> None:
    agent.start()
    await asyncio.to_thread(until, lambda: (s := agent.status()) and s.broker == "connected")
    text = (tmp_path / "agent.toml").read_text()
    region.stop()  # so that the trial cannot end yet
    sent = send(text + '[log]\nlevel = "debug"\n')
    file = agent.state / "configuration.json"
    await asyncio.to_thread(until, file.exists)
    await asyncio.to_thread(agent.end, signal.SIGKILL)
    agent.start()
    await asyncio.to_thread(until, lambda: on_disk(file).starts)
    region.start()
    assert await asyncio.to_thread(sent.wait) == 0, sent.said
    assert sent.said.splitlines()[1] == "done"
    state = on_disk(file)
    assert state.kept
    assert "debug" in state.kept.text
    assert state.trial is None
    assert await asyncio.to_thread(agent.end) == 0


def on_disk(file: Path) -> State:
    return msgspec.json.decode(file.read_bytes(), type=State)


@pytest.mark.usefixtures("region")
async def test_the_region_hears_why_a_configuration_is_refused(
    agent: Agent, send: Callable[[str], Program], tmp_path: Path
) -> None:
    agent.start()
    await asyncio.to_thread(until, lambda: (s := agent.status()) and s.broker == "connected")
    text = (tmp_path / "agent.toml").read_text()
    sent = send(text.replace("[broker]", "[borker]"))
    assert await asyncio.to_thread(sent.wait) == 1
    assert "did you mean 'broker'?" in sent.said
    assert "refused" in sent.said
