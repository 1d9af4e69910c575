"""Rows on a stick: pulled out anywhere, brought twice, tampered with; each is recorded once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from edge_agent.model.errors import WireError
from edge_agent.model.instants import Instant
from edge_agent.model.records import Alarm, Lane, Priority
from edge_sync.carry import receipts
from edge_sync.carry.export import CarryError, Exported, Exporter
from edge_sync.carry.sealed import Header, check, seal, unseal
from edge_sync.keys import Keyring, Signer, make_signer
from edge_sync.region import schema
from edge_sync.region.book import Book
from edge_sync.region.carrying import Imported, Importer
from edge_sync.region.recorder import Recorder
from edge_sync.store import Store
from edge_sync.wire import messages
from edge_sync.wire.messages import Receipt
from tests.support.sync import ADDRESS, BOOT, Clock, frame

AT = Instant(BOOT, 10**12)
ROWS = 1_200


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as opened:
        yield opened


class Stick:
    """A stick between a gateway and its region."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "stick"
        self.folder.mkdir()
        self.key = X25519PrivateKey.generate()
        self.signer = make_signer(folder / "gateway.pem", ADDRESS.path)
        self._buffer = folder / "buffer.sqlite"
        self.database = folder / "region.sqlite"
        self.region = make_signer(folder / "region.pem")

    def export(self) -> Exported:
        public = self.key.public_key().public_bytes_raw()
        return Exporter(self._buffer, ADDRESS.path, public, self.signer, AT).run(self.folder)

    def bring(self, key: X25519PrivateKey | None = None, keys: Keyring | None = None) -> Imported:
        connection = schema.connect(self.database)
        try:
            recorder = Recorder(connection)
            known = self.signer.keyring if keys is None else keys
            return Importer(recorder, key or self.key, known, self.region).run(self.folder)
        finally:
            connection.close()

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.edge"))

    def recorded(self) -> list[str]:
        with Book(self.database) as book:
            return [found.id for found in book.frames()]


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path)


@pytest.fixture
async def full(store: Store, stick: Stick) -> Stick:
    """A stick at a gateway where rows wait; nothing is written yet."""
    await store.deliver([frame(n) for n in range(1, ROWS + 1)])
    await store.deliver([Alarm("a", "d", "k", Priority.HIGH, Clock().now())], urgent=True)
    return stick


async def test_rows_are_carried_recorded_once_and_leave_on_the_receipt(
    full: Stick, store: Store
) -> None:
    assert full.export() == Exported(files=4, rows=ROWS + 1)
    assert (await store.state())[2].rows == ROWS  # they stay until there is a receipt
    found = full.bring()
    assert (found.files, found.records, found.repeats, found.refused) == (4, ROWS + 1, 0, ())
    assert full.bring().repeats == ROWS + 1
    assert full.recorded() == [frame(n).id for n in range(1, ROWS + 1)]
    for file in full.folder.glob("*.receipt"):
        receipt = receipts.read(file.read_bytes(), full.region.keyring)
        assert (receipt.gateway, receipt.epoch) == (ADDRESS.path, store.epoch)
        await store.acknowledge(receipt.lane, receipt.all())
    assert not any(state.rows for state in await store.state())


async def test_nobody_else_can_read_it_and_no_number_of_it_is_seen(full: Stick) -> None:
    full.export()
    for file in full.files():
        assert b"body-temperature" not in file.read_bytes()
        assert b"36.50" not in file.read_bytes()
    found = full.bring(key=X25519PrivateKey.generate())
    assert {reason for _, reason in found.refused} == {"it is sealed for another region's key"}


class PulledError(OSError):
    """The stick was pulled out."""


@pytest.fixture
def pull(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """`pull[0]`: how many steps of writing go well before the stick is pulled out."""
    left = [1 << 30]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PulledError

    fsync, rename = os.fsync, Path.rename

    def failing_fsync(handle: int) -> None:
        step()
        fsync(handle)

    def failing_rename(self: Path, target: Path) -> Path:
        step()
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", failing_fsync)
    monkeypatch.setattr(Path, "rename", failing_rename)
    return left


async def test_pulled_out_at_any_step_it_goes_on_where_it_was(full: Stick, pull: list[int]) -> None:
    for steps in range(12):
        for file in full.folder.iterdir():
            file.unlink()
        pull[0] = steps
        with pytest.raises(CarryError):
            full.export()
        pull[0] = 1 << 30
        whole = len(full.files())
        done = full.export()
        assert done.files + whole == 4
        assert done.rows + done.before == ROWS + 1
    assert full.bring().records == ROWS + 1


async def test_a_file_that_was_cut_off_is_refused_and_made_again(full: Stick) -> None:
    full.export()
    victim = full.files()[2]
    victim.write_bytes(victim.read_bytes()[:-1_000])
    found = full.bring()
    assert [name for name, _ in found.refused] == [victim.name]
    assert "cut off, changed, or not signed by" in found.refused[0][1]
    assert full.export().files == 1
    again = full.bring()
    assert again.refused == ()
    assert len(full.recorded()) == ROWS


async def test_what_comes_later_is_carried_beside_what_is_there(full: Stick, store: Store) -> None:
    full.export()
    await store.deliver([frame(n) for n in range(5_000, 5_010)])
    assert full.export() == Exported(files=1, rows=10, before=ROWS + 1)
    assert full.bring().records == ROWS + 11


async def test_a_damaged_row_is_left_and_the_others_are_carried(
    full: Stick, tmp_path: Path
) -> None:
    database = sqlite3.connect(tmp_path / "buffer.sqlite")
    with database:
        database.execute("UPDATE outbox SET payload = x'78' WHERE sequence = 7 AND kind = 'frame'")
    database.close()
    assert full.export() == Exported(files=4, rows=ROWS, left=1)
    assert full.bring().records == ROWS


async def test_a_message_that_would_be_too_long_is_halved(
    full: Stick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "DEFAULT_LIMITS", messages.Limits(message=12_000))
    done = full.export()
    assert done.rows == ROWS + 1
    assert done.files > 4
    monkeypatch.undo()
    assert full.bring().records == ROWS + 1


def test_a_stranger_and_a_stick_without_files(stick: Stick) -> None:
    assert stick.bring() == Imported(0, 0, 0, ())
    (stick.folder / "x.edge").write_bytes(b"\xff" * 3_000_000)
    (stick.folder / "y.edge").write_bytes(b"{}\n")
    assert [reason[:8] for _, reason in stick.bring().refused] == ["it is be", "it is no"]


_SIGNER = Signer("g", Ed25519PrivateKey.generate())
_KEY = X25519PrivateKey.generate()
_FILE = seal(
    b"message" * 9,
    Header(1, "g", "e", Lane.ALARM, ((1, 1),)),
    _KEY.public_key().public_bytes_raw(),
    _SIGNER,
)


@given(st.integers(0, len(_FILE) - 1), st.integers(1, 255))
def test_a_changed_octet_anywhere_is_refused(position: int, change: int) -> None:
    octets = bytearray(_FILE)
    octets[position] ^= change
    with pytest.raises(WireError):
        unseal(bytes(octets), _SIGNER.keyring, _KEY)


@given(st.integers(0, len(_FILE) - 1))
def test_a_file_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(WireError):
        check(_FILE[:length], _SIGNER.keyring)


@given(st.binary(max_size=2_000), st.binary(max_size=200))
@tried(suppress_health_check=[HealthCheck.too_slow])
def test_any_octets_are_refused_in_words(octets: bytes, more: bytes) -> None:
    for file in (octets, octets + b"\n" + more):
        with pytest.raises(WireError):
            unseal(file, _SIGNER.keyring, _KEY)


def test_the_message_is_what_was_sealed() -> None:
    header, message = unseal(_FILE, _SIGNER.keyring, _KEY)
    assert message == b"message" * 9
    assert (header.gateway, header.lane, header.sequences) == ("g", "alarm", ((1, 1),))


def test_no_name_leads_out_of_the_folder() -> None:
    found = receipts.name(Receipt(1, "../../etc", "../x", Lane.ALARM, 1))
    assert "/" not in found
