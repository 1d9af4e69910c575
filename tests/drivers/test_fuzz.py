"""Every decoder survives random and mutated octets; `./edge fuzz` gives each a million."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import Record, run
from tests.support.fuzzing import Subject, feed, inputs, subjects

COUNT = 200


@pytest.mark.parametrize("subject", list(subjects()), ids=lambda subject: subject.name)
def test_nothing_but_declared_errors(subject: Subject) -> None:
    came, broken = feed(subject, COUNT, seed=1)
    assert broken is None
    assert came.total() == COUNT


def test_an_error_that_nobody_declared_is_found() -> None:
    def take(octets: bytes) -> None:
        if octets[:1] == b"\x05":
            raise ZeroDivisionError

    _, broken = feed(Subject("bad", take, [b"\x04\x05"], bytes), 10_000, seed=1)
    assert broken
    assert broken.octets[:1] == b"\x05"


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    took: list[bytes] = []
    subject = Subject("good", took.append, [b"\x04"], bytes)
    for count in (300, 500, 500):
        assert run([subject], Record(tmp_path / "record"), count, "0a", seed=1) == 0
    assert took[:300] == list(inputs(subject, 300, Random("1:0")))
    assert took[300:] == list(inputs(subject, 200, Random("1:300")))
    assert run([subject], Record(tmp_path / "record"), 100, "0b", seed=1) == 0
    assert len(took) == 600  # of another commit nothing is known


def test_what_breaks_a_decoder_is_recorded_and_told_again(tmp_path: Path) -> None:
    def take(octets: bytes) -> None:
        raise ZeroDivisionError

    record = tmp_path / "record"
    for _ in range(2):
        assert run([Subject("bad", take, [], bytes)], Record(record), 100, "0a", seed=1) == 1
    assert '"inputs":1,' in record.read_text()
    assert "ZeroDivisionError" in record.read_text()
