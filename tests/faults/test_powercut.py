"""The power is cut at every write of a short run: the store's setting holds, others must not."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from powercut import Disk, apply, prove, survivors
from syscalls import Rename, Said, Sync, Truncate, Write, calls

WAL = "/state/b-wal"


def hexed(text: str) -> str:
    return "".join(f"\\x{octet:02x}" for octet in text.encode())


def test_a_trace_is_read() -> None:
    path, fresh = hexed(WAL), hexed("/state/life~")
    lines = [
        f'7  pwrite64(5<{path}>, "\\x01\\xff", 2, 4096) = 2',
        f"7  fdatasync(5<{path}> <unfinished ...>",
        f'8  write(1<{hexed("pipe:[1]")}>, "{hexed("+ 3" + chr(10))}", 4) = 4',
        "7  <... fdatasync resumed>) = 0",
        f"7  ftruncate(5<{path}>, 100) = 0",
        f'7  openat(AT_FDCWD<{path}>, "{fresh}", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 6',
        f'7  write(6<{fresh}>, "\\x01", 1) = 1',
        f'7  write(6<{fresh}>, "\\x02", 1) = 1',
        f'7  rename("{fresh}", "{hexed("/state/life")}") = 0',
        f"7  fdatasync(5<{path}>) = -1 EIO (Input/output error)",
        f'7  pwrite64(6<{hexed("/elsewhere")}>, "\\x01", 1, 0) = 1',
        "7  +++ exited with 0 +++",
    ]
    assert list(calls(lines, "/state")) == [
        Write(WAL, 4096, b"\x01\xff"),
        Said("+ 3\n"),
        Sync(WAL),
        Truncate(WAL, 100),
        Truncate("/state/life~", 0),
        Write("/state/life~", 0, b"\x01"),
        Write("/state/life~", 1, b"\x02"),
        Rename("/state/life~", "/state/life"),
    ]


def test_what_was_synced_survives_and_of_the_rest_anything() -> None:
    disk = Disk()
    disk.take(Write(WAL, 0, b"a" * 1024))
    disk.take(Sync(WAL))
    disk.take(Write(WAL, 512, b"b" * 1024))
    first, whole, *torn = [state[WAL] for state in disk.states(random.Random(1))]
    assert first == b"a" * 1024
    assert whole == b"a" * 512 + b"b" * 1024
    assert all(one[:512] == b"a" * 512 for one in torn)
    assert any(one not in (first, whole) for one in torn)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=3000), st.integers())
def test_sectors_that_survive_are_of_the_write(offset: int, octets: bytes, seed: int) -> None:
    whole = {WAL: bytearray(b"-" * 7000)}
    torn = {WAL: bytearray(b"-" * 7000)}
    apply(whole, [Write(WAL, offset, octets)])
    apply(torn, list(survivors(Write(WAL, offset, octets), random.Random(seed))))
    for at in range(0, 7000, 512):
        sector = torn[WAL][at : at + 512]
        assert sector in (whole[WAL][at : at + 512], b"-" * len(sector))


def test_no_power_cut_takes_what_was_told_to_be_durable() -> None:
    verdict = prove(60)
    assert verdict.holds, verdict
    assert verdict.states > 500


def test_without_syncs_the_same_cuts_take_something() -> None:
    verdict = prove(30, "OFF")
    assert verdict.lost + verdict.unreadable > 0
