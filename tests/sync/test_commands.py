"""Commands: whose are taken, one effect, one result, whatever is killed and whenever."""

from __future__ import annotations

import asyncio
import subprocess
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model import forms
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, CommandHandler, CommandResult, Conclusion, Outcome
from edge_agent.model.errors import CommandError, FileError, StoreError, WireError
from edge_agent.model.records import Lane
from edge_agent.model.times import Measured
from edge_sync.commands import Inbox, Terms, is_valid
from edge_sync.keys import Keyring, Signer, make_signer, read_keyring, read_signer
from edge_sync.region.ordering import order, signed_message
from edge_sync.store import CommandState, Store
from edge_sync.wire import signed, topics
from tests.support.sync import ADDRESS, Clock, until

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
OTHER = topics.Address("42", "01", "02", "001", "003", "clinic", "gw2")


class Lamp:
    """Something that can be switched on; it remembers how often that was tried."""

    def __init__(self, fault: Exception | None = None, *, stuck: bool = False) -> None:
        self.acted: list[str] = []
        self.recovered: list[str] = []
        self.fault = fault
        self.stuck = stuck

    async def act(self, command: Command) -> Conclusion:
        self.acted.append(command.id)
        if self.stuck:
            await asyncio.Event().wait()
        if self.fault:
            raise self.fault
        return Conclusion(Outcome.DONE, "it shines")

    async def recover(self, command: Command) -> Conclusion:
        self.recovered.append(command.id)
        if self.fault:
            raise self.fault
        return Conclusion(Outcome.NOT_DONE, "it is dark")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as opened:
        yield opened


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return make_signer(tmp_path / "region-1.pem")


def keys_of(*signers: Signer) -> Keyring:
    lines = (signer.public_line.split() for signer in signers)
    return Keyring({name: msgspec.json.decode(f'"{key}"', type=bytes) for name, key in lines})


@asynccontextmanager
async def inbox(
    store: Store,
    signer: Signer,
    handlers: Mapping[str, CommandHandler],
    *,
    width: timedelta = timedelta(seconds=1),
) -> AsyncGenerator[Inbox]:
    terms = Terms(ADDRESS.path, keys_of(signer), handlers, lambda: Measured(NOW, width))
    made = Inbox(store, Clock(), terms, lambda: Backoff(0.01, 0.02, lambda: 0.5))
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        assert not running.done(), running
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def given_to(made: Inbox, octets: bytes) -> None:
    """Put a message and wait until it is journalled, or refused for good."""
    done = asyncio.Event()
    assert made.put(octets, done.set)
    await done.wait()


async def result(store: Store, command: Command) -> CommandResult:
    async def concluded() -> bool:
        entry = await store.journal.entry(command.id)
        return bool(entry and entry.result)

    await until(concluded)
    entry = await store.journal.entry(command.id)
    assert entry
    assert entry.result
    assert entry.state is CommandState.CONCLUDED
    return entry.result


async def test_a_signed_command_has_one_effect_however_often_it_comes(
    store: Store, signer: Signer
) -> None:
    lamp, command = Lamp(), order("light", ADDRESS, LATER)
    async with inbox(store, signer, {"light": lamp}) as made:
        for _ in range(3):
            await given_to(made, signed_message(command, signer))
        found = await result(store, command)
        await given_to(made, signed_message(command, signer))
        await until(lambda: store.last(Lane.RESULT) >= 2)
    assert (found.outcome, found.reason) == (Outcome.DONE, "it shines")
    assert lamp.acted == [command.id]


async def test_what_nobody_we_know_signed_leaves_no_trace(
    store: Store, signer: Signer, tmp_path: Path
) -> None:
    lamp, command = Lamp(), order("light", ADDRESS, LATER)
    line = forms.encode(command)
    good = signed_message(command, signer)
    stranger = make_signer(tmp_path / "stranger.pem")
    (tmp_path / "other").mkdir()
    same_name = make_signer(tmp_path / "other" / "region-1.pem")
    async with inbox(store, signer, {"light": lamp}) as made:
        for octets in (
            line,
            line + b"\n",
            good.replace(b'"light"', b'"night"'),
            signed_message(command, stranger),
            signed_message(command, same_name),
            signed_message(order("light", OTHER, LATER), signer),
            good.replace(b'"key"', b'"yek"'),
            b"x" * (signed.MAX_OCTETS + 1),
        ):
            await given_to(made, octets)
        assert (made.unsigned, made.malformed) == (5, 3)
        kept = [await store.mark("", f"command-refused:{n}") for n in range(8)]
        assert "nobody we know has signed it" in str(kept[0])
        assert msgspec.json.decode(str(kept[1]))["octets"] == b64encode(line + b"\n").decode()
        assert await store.journal.entry(command.id) is None
        await given_to(made, good)  # none of them took its place
        assert (await result(store, command)).outcome is Outcome.DONE
    assert lamp.acted == [command.id]


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_octet_is_noticed(position: int, change: int) -> None:
    message = bytearray(_MESSAGE)
    message[position % len(message)] ^= change
    try:
        line, signature = signed.split(bytes(message))
    except WireError:
        return
    if (line, signature) != signed.split(_MESSAGE):
        assert not _KEYS.verifies(signed.to_sign(line), signature)


def _fixed() -> tuple[bytes, Keyring]:
    signer = Signer("k", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    return signed_message(Command("1", "x", ""), signer), keys_of(signer)


_MESSAGE, _KEYS = _fixed()


def test_the_signature_is_what_openssl_makes_of_the_same_octets(tmp_path: Path) -> None:
    signer = make_signer(tmp_path / "region-1.pem")
    line, signature = signed.split(signed_message(Command("1", "x", ""), signer))
    assert signature
    (tmp_path / "octets").write_bytes(b"edge-gateway command v1\n" + line)
    (tmp_path / "signature").write_bytes(signature.signature)
    public = ["openssl", "pkey", "-in", str(tmp_path / "region-1.pem"), "-pubout"]
    (tmp_path / "public.pem").write_bytes(
        subprocess.run(public, capture_output=True, check=True).stdout
    )
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin"]
    files = ["-in", "octets", "-sigfile", "signature"]
    subprocess.run([*verify, *files], cwd=tmp_path, check=True, capture_output=True)


async def test_without_keys_every_command_is_refused(store: Store, signer: Signer) -> None:
    command = order("light", ADDRESS, LATER)
    made = Inbox(store, Clock(), Terms(), lambda: Backoff(0.01, 0.02, lambda: 0.5))
    running = asyncio.create_task(made.run())
    await given_to(made, signed_message(command, signer))
    found = await result(store, command)
    running.cancel()
    assert found.outcome is Outcome.REFUSED
    assert "knows no key" in found.reason


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (order("dance", ADDRESS, LATER), "unsupported: dance"),
        (order("light", ADDRESS, NOW - timedelta(seconds=2)), "it expired at 2026-11-22T11:59:58Z"),
        (order("light", ADDRESS, NOW + timedelta(days=32)), "it expires in more than 31 days"),
        (order("light", ADDRESS, LATER, epoch="old"), "it is for an earlier life"),
        (Command("1", "light", "soon", gateway=ADDRESS.path), "expires is no time: 'soon'"),
        (Command("1", "light", "2026-11-22T12:01:00", gateway=ADDRESS.path), "has no zone"),
    ],
)
async def test_a_refusal_says_why(
    store: Store, signer: Signer, command: Command, reason: str
) -> None:
    lamp = Lamp()
    async with inbox(store, signer, {"light": lamp}) as made:
        await given_to(made, signed_message(command, signer))
        found = await result(store, command)
    assert found.outcome is Outcome.REFUSED
    assert reason in found.reason
    assert lamp.acted == []


@given(st.integers(-10_000, 10_000), st.integers(0, 10_000))
def test_a_command_is_done_only_while_it_is_certainly_valid(ahead: int, width: int) -> None:
    expires = NOW + timedelta(seconds=ahead)
    command = order("light", ADDRESS, expires)
    now = Measured(NOW, timedelta(seconds=width))
    certainly, perhaps = NOW + now.uncertainty <= expires, NOW - now.uncertainty <= expires
    assert is_valid(command, now) is (True if certainly else None if perhaps else False)
    assert is_valid(command, None) is None


async def test_a_command_waits_until_the_time_is_known(
    store: Store, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_sync.commands._LOOK_S", 0.01)
    lamp, command = Lamp(), order("light", ADDRESS, LATER)
    times = [None, Measured(NOW, timedelta(days=1)), Measured(NOW, timedelta(days=1))]
    known = iter([*times, Measured(NOW, timedelta(seconds=1))])
    terms = Terms(ADDRESS.path, keys_of(signer), {"light": lamp}, lambda: next(known))
    made = Inbox(store, Clock(), terms, lambda: Backoff(0.01, 0.02, lambda: 0.5))
    running = asyncio.create_task(made.run())
    await given_to(made, signed_message(command, signer))
    assert (await result(store, command)).outcome is Outcome.DONE
    running.cancel()
    assert next(known, "all were needed") == "all were needed"


async def test_after_a_kill_what_was_not_started_is_done_and_what_was_is_asked_for(
    store: Store, signer: Signer
) -> None:
    fresh, begun, strange = (order(kind, ADDRESS, LATER) for kind in ("light", "light", "dance"))
    for command in (fresh, begun, strange):
        octets = signed_message(command, signer)
        assert await store.journal.receive(command.id, octets, Clock().now())
    assert await store.journal.start(begun.id)
    assert await store.journal.start(strange.id)
    lamp = Lamp()
    async with inbox(store, signer, {"light": lamp}):
        outcomes = [(await result(store, c)).outcome for c in (fresh, begun, strange)]
    assert outcomes == [Outcome.DONE, Outcome.NOT_DONE, Outcome.UNKNOWN]
    assert (lamp.acted, lamp.recovered) == ([fresh.id], [begun.id])


async def test_what_was_under_way_when_the_agent_stopped_is_asked_for_by_the_next(
    store: Store, signer: Signer
) -> None:
    lamp, command = Lamp(stuck=True), order("light", ADDRESS, LATER)
    async with inbox(store, signer, {"light": lamp}) as made:
        await given_to(made, signed_message(command, signer))
        await until(lambda: bool(lamp.acted))
    async with inbox(store, signer, {"light": lamp}):
        assert (await result(store, command)).outcome is Outcome.NOT_DONE
    assert lamp.acted == [command.id]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(CommandError("the drawer is open"), Outcome.REFUSED), (RuntimeError(), Outcome.UNKNOWN)],
)
async def test_a_handler_that_fails_is_no_silence(
    store: Store, signer: Signer, fault: Exception, outcome: Outcome
) -> None:
    command = order("light", ADDRESS, LATER)
    async with inbox(store, signer, {"light": Lamp(fault)}) as made:
        await given_to(made, signed_message(command, signer))
        assert (await result(store, command)).outcome is outcome


async def test_a_result_that_cannot_be_stored_now_is_stored_later(
    store: Store, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver, failures = store.deliver, iter([True, True])

    async def failing(*args: object, **named: object) -> None:
        if next(failures, False):
            raise StoreError("locked")
        await deliver(*args, **named)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    lamp, command = Lamp(), order("light", ADDRESS, LATER)
    async with inbox(store, signer, {"light": lamp}) as made:
        monkeypatch.setattr(store, "deliver", failing)
        await given_to(made, signed_message(command, signer))
        assert (await result(store, command)).outcome is Outcome.DONE
    assert lamp.acted == [command.id]


async def test_a_kind_that_takes_long_holds_up_no_other(store: Store, signer: Signer) -> None:
    slow, lamp = order("wait", ADDRESS, LATER), order("light", ADDRESS, LATER)
    async with inbox(store, signer, {"wait": Lamp(stuck=True), "light": Lamp()}) as made:
        await given_to(made, signed_message(slow, signer))
        await given_to(made, signed_message(lamp, signer))
        assert (await result(store, lamp)).outcome is Outcome.DONE


def test_keys_are_read_as_they_were_made(tmp_path: Path) -> None:
    made = make_signer(tmp_path / "region-1.pem")
    assert (tmp_path / "region-1.pem").stat().st_mode & 0o777 == 0o600
    again = read_signer(tmp_path / "region-1.pem")
    assert again.public_line == made.public_line
    (tmp_path / "keys").write_text(f"# ours\n\n{made.public_line}\n")
    signature = signed.Signature("region-1", again.signature(b"octets"))
    assert read_keyring(tmp_path / "keys").verifies(b"octets", signature)
    with pytest.raises(FileError, match="exists"):
        make_signer(tmp_path / "region-1.pem")


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "holds no key"), ("name\n", "keys:1"), ("# x\nname QUJD\n", "keys:2"), ("é", "read")],
)
def test_a_file_of_keys_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(FileError, match=said):
        read_keyring(file)
    with pytest.raises(FileError, match="no private key"):
        read_signer(file)
