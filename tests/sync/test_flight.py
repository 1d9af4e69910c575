"""What is in flight, what goes first, what goes back."""

import msgspec

from edge_agent.model.records import Lane
from edge_sync.broker import Broker
from edge_sync.flight import Flight
from edge_sync.portions import LaneFlight, Packed, Portion, Sent, order
from edge_sync.settings import Settings
from tests.support.sync import ADDRESS


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
    portions = [Portion(lane, history, 0, 1) for lane in Lane for history in (True, False)]
    assert [(s.lane, s.history) for s in sorted(portions, key=order)] == [
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


def flying(**changes: float) -> Flight:
    """Lanes with ten rows each, on a new connection."""
    settings = msgspec.structs.replace(
        Settings(Broker("mqtt://broker", "gw"), ADDRESS), window=3, history_window=2, **changes
    )
    flight = Flight(settings)
    flight.begin(lambda _: 10, 20)
    return flight


def send(flight: Flight, mid: int, now: float = 0.0, rows: int = 5) -> Portion:
    portion = flight.next(lambda _: 10)
    assert portion
    first, portion.after = portion.after + 1, portion.after + rows
    flight.add(mid, portion, Packed(b"x", ((first, portion.after),), rows), now)
    return portion


def take(flight: Flight, mid: int) -> None:
    """The broker takes a message."""
    landed = flight.landed(mid)
    assert landed
    flight.taken(*landed)


def test_the_first_message_of_a_lane_goes_alone_until_the_broker_has_taken_it() -> None:
    flight = flying()
    assert [send(flight, mid).lane for mid in range(2)] == [Lane.ALARM, Lane.RESULT]
    take(flight, 0)
    assert send(flight, 2).lane is Lane.ALARM
    flight.landed(1)
    flight.pause(Lane.RESULT, until=1.0)
    take(flight, 2)
    assert send(flight, 3).lane is Lane.OBSERVATION
    flight.go_back(1.1)
    assert send(flight, 4).lane is Lane.RESULT
    take(flight, 3)
    assert send(flight, 5).lane is Lane.OBSERVATION


def test_history_leaves_room_for_an_alarm() -> None:
    flight = flying()
    send(flight, 9)
    take(flight, 9)
    send(flight, 0)
    assert send(flight, 1).lane is Lane.RESULT
    assert flight.next(lambda _: 10) is None  # two of history are under way
    live = flight.next(lambda _: 11)
    assert live
    assert not live.history
    assert (flight.in_flight, flight.unreceipted) == (2, 15)
    assert flight.landed(0)
    assert flight.landed(0) is None
    assert flight.has_more


def test_what_is_silent_goes_again_in_smaller_messages_and_later_each_time() -> None:
    flight = flying(silence=10.0)
    portion = send(flight, 0)
    before = flight.rows(portion)
    assert flight.go_back(10.0) == 0
    assert flight.go_back(10.1) == 1
    assert portion.after == 0
    assert flight.rows(portion) < before
    flight.landed(0)
    send(flight, 1, now=20.0)
    assert flight.go_back(39.0) == 0
    assert flight.go_back(40.1) == 1
    flight.receipted(Lane.ALARM, ((1, 10),))


def test_a_lane_that_the_broker_refuses_waits_and_the_others_go_on() -> None:
    flight = flying()
    send(flight, 0)
    flight.landed(0)
    flight.pause(Lane.ALARM, until=5.0)
    assert send(flight, 1).lane is Lane.RESULT
    flight.landed(1)
    flight.go_back(5.1)
    assert send(flight, 2).sent[0].sequences == ((1, 5),)


def test_a_receipt_before_the_connection_began_is_no_fault() -> None:
    Flight(Settings(Broker("mqtt://broker", "gw"), ADDRESS)).receipted(Lane.ALARM, ((1, 1),))
