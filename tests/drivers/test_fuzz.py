"""Every decoder survives random and mutated octets; `./edge fuzz` gives each a million."""

from __future__ import annotations

import pytest

from tests.support.fuzzing import Subject, feed, subjects

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
