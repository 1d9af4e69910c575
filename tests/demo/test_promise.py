"""The judge of the demo must see each way in which the promise can be broken."""

from __future__ import annotations

from dataclasses import replace

from promise import Gap, Made, Recorded, judge, wrong_residents

S = 1_000_000_000
STORED = Made(1 * S, "meter", "measurement", "stored", "01", "seq:1", "")
LIVE = Made(1 * S, "strap", "rate", "live", "aa", "", "")


def recorded(made: Made, at: int | None = None) -> Recorded:
    name = made.name or f"live:e:b:{made.at}"
    return Recorded(
        made.at + 1 if at is None else at, made.device, made.part, made.octets, name, ""
    )


def only(made: list[Made], records: list[Recorded], gaps: list[Gap]) -> tuple[int, int, int, int]:
    (count,) = judge(made, records, gaps, 9 * S).values()
    return count.recorded, count.covered, len(count.lost), len(count.doubled)


def test_each_once_holds() -> None:
    assert only([STORED], [recorded(STORED)], []) == (1, 0, 0, 0)
    assert judge([STORED], [recorded(STORED)], [], 9 * S)["stored", "meter", "measurement"].holds


def test_a_stored_reading_is_lost_even_in_a_gap() -> None:
    gap = Gap("meter", "", 0, 9 * S)
    assert only([STORED], [], [gap]) == (0, 0, 1, 0)


def test_a_live_one_may_be_covered_by_a_gap_of_its_device_part_and_time() -> None:
    assert only([LIVE], [], [Gap("strap", "", 0, 2 * S)]) == (0, 1, 0, 0)
    assert only([LIVE], [], [Gap("strap", "rate", 0, 2 * S)]) == (0, 1, 0, 0)
    assert only([LIVE], [], [Gap("strap", "other", 0, 2 * S)]) == (0, 0, 1, 0)
    assert only([LIVE], [], [Gap("cuff", "", 0, 2 * S)]) == (0, 0, 1, 0)
    assert only([LIVE], [], [Gap("strap", "", 2 * S, 3 * S)]) == (0, 0, 1, 0)
    assert only([LIVE], [], []) == (0, 0, 1, 0)


def test_a_second_record_of_one_thing_is_doubled() -> None:
    assert only([STORED], [recorded(STORED), recorded(STORED)], []) == (1, 0, 0, 1)
    assert only([LIVE], [recorded(LIVE), recorded(LIVE, 2 * S)], []) == (1, 0, 0, 1)


def test_another_name_for_the_same_octets_is_not_the_same() -> None:
    renamed = replace(recorded(STORED), name="seq:2")
    assert only([STORED], [renamed], []) == (0, 0, 1, 1)


def test_what_nobody_made_is_doubled() -> None:
    assert judge([], [recorded(LIVE)], [], 9 * S)["live", "strap", "rate"].doubled
    early = recorded(LIVE, at=0)
    assert only([LIVE], [early], []) == (0, 0, 1, 1)


def test_equal_octets_are_told_apart_by_time() -> None:
    polls = [replace(LIVE, at=n * S) for n in (1, 2, 3)]
    records = [recorded(polls[0]), recorded(polls[2])]
    assert only(polls, records, [Gap("strap", "", S + 1, 3 * S - 1)]) == (2, 1, 0, 0)
    assert only(polls, records, [Gap("strap", "", 4 * S, 5 * S)]) == (2, 0, 1, 0)


def test_what_was_stored_after_the_close_is_still_in_the_device() -> None:
    late = replace(STORED, at=10 * S, name="seq:2", octets="02")
    assert only([STORED, late], [recorded(STORED)], []) == (1, 0, 0, 0)
    assert only([replace(LIVE, at=10 * S)], [], []) == (0, 0, 1, 0)


def test_nothing_made_is_no_proof() -> None:
    assert not judge([], [recorded(LIVE)], [], 9 * S)["live", "strap", "rate"].holds


def test_a_reading_of_the_shared_cuff_belongs_to_the_one_who_was_measured() -> None:
    made = [replace(LIVE, device="cuff", octets="01", resident="r1")]
    came = [replace(recorded(made[0]), slot="1")]
    assert not wrong_residents(made, came, {("cuff", "1"): "r1"})
    assert wrong_residents(made, came, {("cuff", "1"): "r2"}) == came
    assert wrong_residents(made, came, {}) == came


def test_a_frame_of_several_strings_counts_each() -> None:
    frame = {
        "at": {"boot": "b", "ns": 5},
        "offsets": [7],
        "device": "strap",
        "part": "rate",
        "octets": ["qg==", "uw=="],
        "name": "live:e:b:5",
    }
    assert [(one.at, one.octets) for one in Recorded.of(frame)] == [(5, "aa"), (12, "bb")]
