"""Mosquitto for the tests: real, on a port of its own, stopped and started at will."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from tests.support.mosquitto import Mosquitto


def answers(broker: Mosquitto) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((broker.host, broker.port)) == 0


def test_it_answers_until_it_is_stopped(mosquitto: Mosquitto) -> None:
    assert answers(mosquitto)
    mosquitto.stop()
    assert not answers(mosquitto)


def test_it_comes_back_on_the_same_port_after_a_power_cut(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    mosquitto.kill()
    mosquitto.start()
    assert mosquitto.port == port
    assert answers(mosquitto)


def test_each_broker_has_its_own_port_and_lines(start_mosquitto: Callable[..., Mosquitto]) -> None:
    first, second = start_mosquitto(), start_mosquitto("allow_anonymous false")
    assert first.port != second.port
    assert answers(first)
    assert answers(second)


def test_a_refused_configuration_is_told_with_its_log(
    start_mosquitto: Callable[..., Mosquitto],
) -> None:
    with pytest.raises(RuntimeError, match="no_such_option"):
        start_mosquitto("no_such_option true")
