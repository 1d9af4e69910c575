"""What is in flight, what goes first, what goes back."""

from edge_agent.model.records import Lane
from edge_sync.streams import LaneFlight, Sent, Stream, order


def sent(first: int, last: int, at: float = 0.0) -> Sent:
    return Sent(((first, last),), last - first + 1, 100, at)


def test_on_a_new_connection_all_has_waited() -> None:
    flight = LaneFlight.fresh(Lane.OBSERVATION, 7)
    assert (flight.history.after, flight.history.end) == (0, 7)
    assert (flight.live.after, flight.live.end) == (7, 7)


def test_a_receipt_frees_what_it_covers_and_nothing_else() -> None:
    flight = LaneFlight.fresh(Lane.OBSERVATION, 9)
    for message in (sent(1, 3), sent(4, 6), sent(7, 9)):
        flight.history.add(message)
    assert flight.history.rows == 9
    assert not flight.history.receipted(((1, 2),))
    assert flight.history.receipted(((4, 7),))
    assert [m.sequences for m in flight.history.sent] == [((1, 3),), ((7, 9),)]
    assert flight.history.rows == 6


def test_going_back_starts_at_the_oldest_without_a_receipt_and_ends_where_live_begins() -> None:
    flight = LaneFlight.fresh(Lane.OBSERVATION, 4)
    flight.history.after = 4
    flight.history.add(sent(3, 4, at=2.0))
    flight.live.after = 6
    flight.live.add(sent(5, 6, at=1.0))
    assert flight.oldest() == 1.0
    flight.go_back()
    assert (flight.history.after, flight.history.end, flight.live.after) == (2, 6, 6)
    assert flight.oldest() is None
    assert flight.resent == 2


def test_the_important_goes_first_and_live_before_history() -> None:
    streams = [Stream(lane, history, 0, 1) for lane in Lane for history in (True, False)]
    assert [(s.lane, s.history) for s in sorted(streams, key=order)] == [
        (Lane.ALARM, False),
        (Lane.ALARM, True),
        (Lane.RESULT, False),
        (Lane.RESULT, True),
        (Lane.OBSERVATION, False),
        (Lane.WAVEFORM, False),
        (Lane.TELEMETRY, False),
        (Lane.OBSERVATION, True),
        (Lane.WAVEFORM, True),
        (Lane.TELEMETRY, True),
    ]
