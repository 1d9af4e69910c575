"""Captures become frames: names, segments, gaps; the same however they were batched."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model import ids
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.seams import Capture
from edge_agent.model.waveforms import Channel, Waveform
from edge_drivers import codec
from edge_drivers.codec.readings import Reading, Samples
from edge_drivers.frames import FrameMaker
from edge_drivers.sample_index import NS
from edge_drivers.segments import Origin
from edge_simulators import pmd
from firmware_specs import catalog
from firmware_specs.spec.types import Part, Spec, Title
from firmware_specs.spec.wires import DelimitedFraming, SerialWire

ORIGIN = Origin("tag:D", "device@0", "epoch", "Asia/Shanghai")
CHANNEL = Channel("pleth", "{count}")


def spec(segment: str = "0", kept: str = "live") -> Spec:
    part = Part(title="p", source="s", segment=Decimal(segment), kept=kept)  # type: ignore[arg-type]
    return Spec(
        format=1,
        device="device",
        title=Title(en="d", zh="d"),
        sources={"s": "s"},
        link=SerialWire(baud=9600, framing=DelimitedFraming(end="0a")),
        parts={"p": part},
    )


def at(ns: int) -> Instant:
    return Instant("boot", ns)


def capture(ns: int, octets: bytes = b"x") -> Capture:
    return Capture("p", octets, at(ns))


def measured(value: int, **more: object) -> Reading:
    kind = Observation("", "spo2", value=Decimal(value), unit="%")
    return Reading("p", bytes([value]), {}, measured=(kind,), **more)  # type: ignore[arg-type]


def block(first: int, count: int, last_ns: int | None = None, *, valid: bool = True) -> Reading:
    values = (tuple(range(first, first + count)),)
    samples = Samples((CHANNEL,), values, "100", last_ns, valid)
    return Reading("p", bytes([first % 256]), {}, samples=(samples,))


def waveforms(maker: FrameMaker, readings: list[Reading]) -> list[Waveform]:
    """What readings 100 ms apart become."""
    made = [
        frame
        for place, reading in enumerate(readings)
        for one in maker.push(capture(place * NS // 10), [reading])
        for frame in one.frames
    ]
    return [waveform for frame in (*made, *maker.flush()) for waveform in frame.waveforms]


def spans(found: list[Waveform]) -> list[tuple[int, int, GapReason | None]]:
    return [(waveform.first, waveform.count, waveform.gap) for waveform in found]


def test_a_reading_is_named_by_the_device_and_else_by_its_capture() -> None:
    maker = FrameMaker(ORIGIN, spec())
    named = measured(97, sequence=7, device_time="2026-11-22T07:01:00", slot="2")
    ((known,), (live,)) = (
        maker.push(capture(5), [reading])[0].frames for reading in (named, measured(97))
    )
    assert known.name == "seq:7"
    assert (known.device_time, known.zone, known.slot) == (
        "2026-11-22T07:01:00",
        "Asia/Shanghai",
        "2",
    )
    assert (live.name, live.zone) == ("live:epoch:boot:5", "")
    assert known.id == ids.frame_id("tag:D", "p", "seq:7", ids.digest(b"a"))
    assert known.observations[0].id == ids.observation_id(
        "tag:D", "spo2", "", "seq:7", ids.digest(b"a")
    )


def test_several_records_of_one_octet_string_have_names_of_their_own() -> None:
    made = FrameMaker(ORIGIN, spec()).push(capture(5), [measured(97), measured(97)])
    assert len({frame.id for one in made for frame in one.frames}) == 2


def test_what_measures_nothing_is_a_frame_only_when_it_is_a_stored_record() -> None:
    silent = Reading("p", b"x", {}, sequence=1)
    assert FrameMaker(ORIGIN, spec()).push(capture(1), [silent])[0].frames == ()
    assert FrameMaker(ORIGIN, spec(kept="stored")).push(capture(1), [silent])[0].frames


def test_a_segment_keeps_every_octet_and_the_last_value_of_each_kind() -> None:
    maker = FrameMaker(ORIGIN, spec("1"))
    frames = [
        frame
        for place in range(25)
        for one in maker.push(capture(place * NS // 10), [measured(place)])
        for frame in one.frames
    ]
    frames += maker.flush()
    assert [len(frame.octets) for frame in frames] == [11, 11, 3]
    assert [frame.observations[0].value for frame in frames] == [10, 21, 24]
    assert frames[0].offsets == tuple(n * NS // 10 for n in range(1, 11))
    assert frames[1].name == f"live:epoch:boot:{11 * NS // 10}"


def test_a_segment_of_samples_is_as_long_as_its_samples() -> None:
    found = waveforms(FrameMaker(ORIGIN, spec("1")), [block(50 * n, 50) for n in range(5)])
    assert spans(found) == [(0, 100, None), (100, 100, None), (200, 50, None)]
    assert [list(w.samples()[0])[:2] for w in found] == [[0, 1], [100, 101], [200, 201]]
    assert len({w.stream for w in found}) == 1


def test_a_pause_in_the_stamps_is_a_jump_of_the_index() -> None:
    stamped = [block(0, 10, (n + 1) * NS // 10) for n in (0, 1, 2, 7, 8)]
    assert spans(waveforms(FrameMaker(ORIGIN, spec("9")), stamped)) == [
        (0, 30, None),
        (70, 20, GapReason.LINK_LOST),
    ]


def test_a_rate_that_is_a_little_off_is_no_pause() -> None:
    stamped = [block(0, 10, (n + 1) * NS * 105 // 1000) for n in range(200)]
    assert spans(waveforms(FrameMaker(ORIGIN, spec("99")), stamped)) == [(0, 2000, None)]


def test_a_lost_block_counts_by_the_rate_that_the_stamps_show() -> None:
    stamped = [block(0, 100, (n + 1) * NS * 105 // 100) for n in range(40) if n != 30]
    first, after = spans(waveforms(FrameMaker(ORIGIN, spec("99")), stamped))
    assert first == (0, 3000, None)
    assert after == (3100, 900, GapReason.LINK_LOST)


def test_a_clock_that_goes_back_begins_a_new_stream() -> None:
    stamped = [block(0, 10, ns * NS // 10) for ns in (101, 102, 1, 2)]
    found = waveforms(FrameMaker(ORIGIN, spec("9")), stamped)
    assert spans(found) == [(0, 20, None), (0, 20, None)]
    assert found[0].stream != found[1].stream


def test_samples_that_are_no_signal_are_counted_and_not_kept() -> None:
    readings = [block(0, 10), block(0, 10, valid=False), block(20, 10), block(30, 10)]
    assert spans(waveforms(FrameMaker(ORIGIN, spec("9")), readings)) == [
        (0, 10, None),
        (20, 20, GapReason.LEAD_OFF),
    ]


def test_a_malformed_string_is_worth_as_much_as_its_neighbours() -> None:
    maker = FrameMaker(ORIGIN, spec("9"))
    maker.push(capture(0), [block(0, 10)])
    maker.missed("p", 1, GapReason.MALFORMED)
    assert spans(waveforms(maker, [block(20, 10)])) == [
        (0, 10, None),
        (20, 10, GapReason.MALFORMED),
    ]


def test_a_segment_that_nothing_follows_is_closed_in_time() -> None:
    maker = FrameMaker(ORIGIN, spec("1"))
    assert maker.deadline() is None
    maker.push(capture(0), [measured(97)])
    assert maker.deadline() == 2 * NS
    assert maker.overdue(at(2 * NS - 1)) == ()
    assert len(maker.overdue(at(2 * NS))) == 1
    assert maker.flush() == ()


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=40))
def test_indices_never_overlap_and_nothing_valid_is_lost(blocks: list[tuple[int, bool]]) -> None:
    readings = [block(0, count, valid=valid) for count, valid in blocks]
    found = waveforms(FrameMaker(ORIGIN, spec("1")), readings)
    assert sum(w.count for w in found) == sum(count for count, valid in blocks if valid)
    ends = [0]
    for waveform in found:
        assert waveform.first >= ends[-1]
        assert (waveform.first > ends[-1]) == (waveform.gap is not None and waveform.first > 0)
        ends.append(waveform.first + waveform.count)


def test_the_rate_that_the_stamps_show_is_told_once_and_again_when_it_changes() -> None:
    """Ten samples each 98 ms: 102.04 a second, where 100 are nominal."""
    maker = FrameMaker(ORIGIN, spec("1"))
    frames = [
        frame
        for place in range(40)
        for one in maker.push(
            capture(place * NS // 10), [block(place * 10, 10, place * 98_000_000)]
        )
        for frame in one.frames
    ]
    told = [o for frame in frames for o in frame.observations]
    assert {o.kind for o in told} == {"sampling-rate"}
    assert len(told) < len(frames)
    assert told[-1].value is not None
    assert abs(told[-1].value - Decimal("102.041")) < 1
    assert (told[-1].channel, told[-1].unit) == (CHANNEL.kind, "Hz")


def test_a_counter_that_begins_again_is_no_jump() -> None:
    """Numbers modulo 4 of ten samples each; one octet string is missing after the wrap."""
    maker = FrameMaker(ORIGIN, spec("1"))
    numbers = (0, 1, 2, 3, 0, 2, 3)
    readings = [block(n, 10, n * NS // 10) for n in numbers]
    wrapped = [
        msgspec.structs.replace(one, samples=(msgspec.structs.replace(s, wraps=4 * NS // 10),))
        for one in readings
        for s in one.samples
    ]
    assert spans(waveforms(maker, wrapped)) == [(0, 50, None), (60, 20, GapReason.LINK_LOST)]


def test_records_that_count_from_a_session_are_named_and_dated_by_it() -> None:
    part = Part(title="p", source="s", kept="stored", unfetched="here", since="q")
    maker = FrameMaker(ORIGIN, msgspec.structs.replace(spec(), parts={"p": part}))
    record = measured(90, sequence=5, minutes=5)
    ((unnamed,),) = (one.frames for one in maker.push(capture(1), [record]))
    assert unnamed.name.startswith("live:")
    maker.begin("p", "2026-11-22T23:58:00")
    ((named,),) = (one.frames for one in maker.push(capture(2), [record]))
    assert (named.name, named.device_time) == (
        "seq:5 time:2026-11-22T23:58:00",
        "2026-11-23T00:03:00",
    )


def test_each_signal_of_a_part_has_its_own_count_and_its_own_gap() -> None:
    """An armband's light and acceleration come in one part; a frame of light is lost."""
    verity = catalog.find("polar-verity").spec
    decoder, maker = codec.compile(verity), FrameMaker(ORIGIN, verity)

    def light(number: int) -> bytes:
        last = (10 * number - 1) * NS // 55
        rows = [(400_000 + n, 400_100, 400_200, 20_000) for n in range(10)]
        return pmd.frame(pmd.PPG, last, pmd.COMPRESSED, pmd.deltas(rows, 3))

    def motion(number: int) -> bytes:
        last = (10 * number - 1) * NS // 52
        rows = [(n, -n, 1000) for n in range(10)]
        return pmd.frame(pmd.ACC, last, 1 | pmd.COMPRESSED, pmd.deltas(rows, 2))

    sent = [octets for number in range(1, 7) for octets in (light(number), motion(number))]
    del sent[6]  # the fourth of light
    made = [
        frame
        for place, octets in enumerate(sent)
        for one in maker.push(Capture("data", octets, at(place)), decoder.decode("data", octets))
        for frame in one.frames
    ]
    (frame,) = (*made, *maker.flush())
    by_kind = {
        kind: spans([w for w in frame.waveforms if w.channels[0].kind == kind])
        for kind in ("ppg", "acceleration-x")
    }
    assert by_kind == {
        "ppg": [(0, 30, None), (40, 20, GapReason.LINK_LOST)],
        "acceleration-x": [(0, 60, None)],
    }
    scales = {channel.scale for w in frame.waveforms for channel in w.channels}
    assert scales == {Decimal(1), Decimal("0.00980665")}
