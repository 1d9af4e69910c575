"""Excursions: one for each time out of range, whatever the gaps, ticks and restarts between."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.coldchain.conditions import (
    DOOR,
    MAINS,
    SILENT,
    SWAPPED,
    Ended,
    Event,
    Noticed,
    Sample,
    State,
    Value,
)
from edge_agent.coldchain.engine import Engine, is_swapped
from edge_agent.coldchain.profiles import packaged
from edge_agent.guarding.moments import Moment
from edge_agent.model.instants import Instant

VACCINE = packaged().profiles["vaccine"]
NS = 1_000_000_000
CLOCK = 1_700_000_000.0


def moment(seconds: float, boot: str = "a") -> Moment:
    """A moment; each boot's own clock begins anew, the wall goes on."""
    return Moment(Instant(boot, int(seconds * NS)), CLOCK + seconds)


def sample(seconds: float, celsius: float | None, boot: str = "a", **contacts: bool) -> Sample:
    value = Value("temperature", "", Decimal(str(celsius or 0)), f"o{seconds:g}")
    values = () if celsius is None else (value,)
    at = moment(seconds, boot)
    return Sample(
        at, values, whole=celsius is not None, contacts=contacts, evidence=f"c{seconds:g}"
    )


def run(samples: list[Sample], began: float = 0.0) -> tuple[State, list[Event]]:
    engine, state = Engine(VACCINE), State(moment(began))
    events: list[Event] = []
    for one in samples:
        state, said = engine.step(state, one)
        events += said
    return state, events


def test_an_excursion_says_from_when_to_when_how_far_and_how_bad() -> None:
    celsius = [5.0, 8.0, 8.1, 12.0, 9.0, 8.0, 5.0]
    _, events = run([sample(60.0 * n, value) for n, value in enumerate(celsius)])
    noticed, ended = events
    assert isinstance(noticed, Noticed)
    assert isinstance(ended, Ended)
    assert (noticed.name, noticed.at) == ("temperature-high:", moment(120))
    condition = ended.condition
    assert (condition.since, ended.at, condition.elapsed) == (moment(120), moment(300), 180)
    assert (condition.extreme, condition.readings, condition.unseen) == (Decimal("12.0"), 3, 0)
    assert (condition.first, condition.worst, condition.last) == ("o120", "o180", "o240")
    assert condition.heat.seconds == 180
    assert condition.heat.mean(83.144) == pytest.approx(
        9.87, abs=0.01
    )  # 8.1, 12 and 9, a minute each


def test_the_limits_themselves_are_allowed() -> None:
    assert run([sample(30.0 * n, value) for n, value in enumerate([2.0, 8.0, 2.0])])[1] == []


def test_from_too_warm_to_too_cold_are_two_excursions() -> None:
    _, events = run([sample(30.0 * n, value) for n, value in enumerate([5.0, 9.0, -1.0, 5.0])])
    assert [(type(one).__name__, one.name) for one in events] == [
        ("Noticed", "temperature-high:"),
        ("Ended", "temperature-high:"),
        ("Noticed", "temperature-low:"),
        ("Ended", "temperature-low:"),
    ]


def test_what_nobody_saw_of_an_excursion_is_said() -> None:
    _, events = run([sample(30, 9.0), sample(60, 9.5), sample(1260, 9.0), sample(1290, 5.0)])
    ended = [one for one in events if isinstance(one, Ended)]
    assert [(one.name, one.condition.elapsed, one.condition.unseen) for one in ended] == [
        (SILENT, 1200, 1200),
        ("temperature-high:", 1260, 900),  # a reading stands for 300 s at most
    ]


def test_hysteresis_keeps_a_flutter_together() -> None:
    strict = msgspec.structs.replace(VACCINE, hysteresis=Decimal("0.5"))
    engine, state, events = Engine(strict), State(moment(0)), list[Event]()
    for n, value in enumerate([8.1, 7.9, 8.1, 7.6, 7.5]):
        state, said = engine.step(state, sample(30.0 * n, value))
        events += said
    assert [type(one) for one in events] == [Noticed, Ended]


def test_a_door_may_be_open_for_a_while_and_the_mains_may_not_be_lost() -> None:
    quick = [sample(0, 5.0, door=True), sample(90, 5.0, door=False)]
    assert run(quick)[1] == []
    long = [sample(30.0 * n, 5.0, door=n < 6, mains=n == 2) for n in range(8)]
    _, events = run(long)
    assert [(type(one).__name__, one.name, one.at.at.ns // NS) for one in events] == [
        ("Noticed", MAINS, 60),
        ("Ended", MAINS, 90),
        ("Noticed", DOOR, 120),
        ("Ended", DOOR, 180),
    ]
    assert events[3].condition.elapsed == 180


def test_a_silent_probe_is_noticed_by_the_clock_and_ends_with_a_reading() -> None:
    engine, state = Engine(VACCINE), State(moment(0))
    state, _ = engine.step(state, sample(10, 5.0))
    for seconds in (100.0, 310.0):
        state, said = engine.tick(state, moment(seconds))
        assert said == ()
    state, (noticed,) = engine.tick(state, moment(311))
    assert (noticed.name, noticed.condition.since) == (SILENT, moment(10))
    assert engine.tick(state, moment(400))[1] == ()  # once
    state, said = engine.step(state, sample(450, None))  # the device answers, the probe is broken
    assert said == ()
    state, (ended,) = engine.step(state, sample(500, 5.0))
    assert isinstance(ended, Ended)
    assert ended.condition.elapsed == 490


def test_two_probes_are_told_apart_and_a_broken_one_is_a_silence() -> None:
    def both(seconds: float, upper: float, lower: float | None) -> Sample:
        found = {"upper": upper, "lower": lower}
        values = tuple(
            Value("temperature", name, Decimal(str(value)), f"{name}{seconds:g}")
            for name, value in found.items()
            if value is not None
        )
        return Sample(moment(seconds), values, whole=len(values) == 2)

    _, events = run([both(0, 5, 5), both(30, 9, 5), both(60, 5, 5), both(90, 5, None)])
    assert {one.name for one in events} == {"temperature-high:upper"}
    _, events = run(
        [both(0, 5, 5), *(both(60.0 * n, 5, None) for n in range(1, 8)), both(480, 5, 5)]
    )
    assert [one.name for one in events] == [SILENT, SILENT]


@pytest.mark.parametrize(
    ("celsius", "humidity", "swapped"),
    [("54.0", "4.8", True), ("4.8", "54.0", False), ("35.0", "35.0", False), ("9.0", "4.0", False)],
)
def test_a_swapped_pair_is_noticed(celsius: str, humidity: str, *, swapped: bool) -> None:
    assert is_swapped(VACCINE, Decimal(celsius), Decimal(humidity)) is swapped
    values = (
        Value("temperature", "", Decimal(celsius), "t"),
        Value("humidity", "", Decimal(humidity), "h"),
    )
    _, events = run([Sample(moment(0), values, whole=True)])
    assert (SWAPPED in {one.name for one in events}) is swapped


def test_where_it_cannot_be_told_nothing_is_said_to_be_swapped() -> None:
    room = packaged().profiles["room"]
    assert not is_swapped(room, Decimal(45), Decimal(22))


def test_an_excursion_goes_on_across_a_restart_of_the_machine() -> None:
    _, events = run([sample(30, 9.0), sample(60, 9.0), sample(90, 9.5, "b"), sample(120, 5.0, "b")])
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.condition.elapsed == 90
    assert [one.name for one in events] == ["temperature-high:"] * 2


steps = st.lists(
    st.tuples(
        st.integers(1, 900),  # seconds since the one before
        st.sampled_from(["5", "8.5", "9", "1", "none"]),
        st.booleans(),  # whether the machine restarts before it
        st.integers(0, 3),  # ticks before it
        st.booleans(),  # whether the agent is killed before it: the state is read again
    ),
    max_size=40,
)


@given(steps)
@example([(30, "9", False, 0, True), (301, "9", True, 3, True), (30, "5", False, 0, True)])
def test_no_excursion_is_lost_or_doubled_whatever_comes_between(
    given_steps: list[tuple[int, str, bool, int, bool]],
) -> None:
    engine, state, now, boot = Engine(VACCINE), State(moment(0, "0")), 0, 0
    events: list[Event] = []
    readings: list[tuple[int, str]] = []
    for seconds, value, restart, ticks, kill in given_steps:
        boot += restart
        for n in range(ticks):
            early = moment(now + seconds * (n + 1) / (ticks + 1), str(boot))
            state, said = engine.tick(state, early)
            events += said
        now += seconds
        if kill:
            state = msgspec.json.decode(msgspec.json.encode(state), type=State)
        celsius = None if value == "none" else float(value)
        state, said = engine.step(state, sample(now, celsius, str(boot)))
        events += said
        if celsius is not None:
            readings.append((now, value))
    for side, out in (("high", {"8.5", "9"}), ("low", {"1"})):
        of_side = [one for one in events if one.name == f"temperature-{side}:"]
        found = [
            (wall(one.condition.since), wall(one.at)) for one in of_side if isinstance(one, Ended)
        ]
        began, ended = times(readings, out)
        assert [wall(one.at) for one in of_side if isinstance(one, Noticed)] == began
        assert found == list(zip(began, ended, strict=False))
    heard = [0, *(at for at, _ in readings)]
    silences = [(a, b) for a, b in pairwise(heard) if b - a > VACCINE.silent]
    heard_of = [one for one in events if one.name == SILENT and isinstance(one, Ended)]
    assert [(wall(one.condition.since), wall(one.at)) for one in heard_of] == silences


def wall(at: Moment) -> int:
    return round((at.wall or 0) - CLOCK)


def times(readings: list[tuple[int, str]], out: set[str]) -> tuple[list[int], list[int]]:
    """When the readings go out, and when they come back: the plainest way to say it."""
    began: list[int] = []
    ended: list[int] = []
    is_out = False
    for at, value in readings:
        if (value in out) and not is_out:
            began.append(at)
        if (value not in out) and is_out:
            ended.append(at)
        is_out = value in out
    return began, ended


@given(steps)
def test_what_is_said_of_excursions_does_not_depend_on_ticks(
    given_steps: list[tuple[int, str, bool, int, bool]],
) -> None:
    def ended(*, ticking: bool) -> list[tuple[str, object]]:
        engine, state, now, found = Engine(VACCINE), State(moment(0)), 0, list[Event]()
        for seconds, value, door, ticks, _ in given_steps:
            for n in range(ticks if ticking else 0):
                early = moment(now + seconds * (n + 1) / (ticks + 1))
                state, said = engine.tick(state, early)
                found += said
            now += seconds
            celsius = None if value == "none" else float(value)
            state, said = engine.step(state, sample(now, celsius, door=door))
            found += said
        return [(one.name, msgspec.structs.asdict(one)) for one in found if isinstance(one, Ended)]

    assert ended(ticking=True) == ended(ticking=False)
