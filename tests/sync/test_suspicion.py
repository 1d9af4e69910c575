"""Finding the row on which a broker hangs up."""

from edge_agent.model.records import Lane
from edge_sync.portions import Sent
from edge_sync.suspicion import CALM, ENDS, Suspicion

BAD = (Lane.OBSERVATION, Sent(((7, 7),), 1, 9, 0.0))
GOOD = (Lane.TELEMETRY, Sent(((1, 1),), 1, 9, 0.0))
MANY = (Lane.OBSERVATION, Sent(((1, 9),), 9, 9, 0.0))


def test_messages_shrink_while_connections_end_and_grow_when_all_is_calm() -> None:
    suspicion = Suspicion()
    assert (suspicion.rows(500), suspicion.window(20)) == (500, 20)
    sizes: list[int] = []
    for _ in range(6):
        suspicion.ended([MANY])
        sizes.append(suspicion.rows(500))
    assert sizes == [125, 31, 7, 1, 1, 1]
    assert suspicion.window(20) == 1
    for _ in range(5 * CALM):
        suspicion.confirmed(*GOOD)
    assert (suspicion.rows(500), suspicion.window(20)) == (500, 20)


def test_a_row_that_ends_connections_alone_while_others_pass_is_condemned_once() -> None:
    suspicion = Suspicion()
    for _ in range(ENDS):
        assert suspicion.condemn() == []
        suspicion.ended([BAD])
        suspicion.confirmed(*GOOD)
    assert suspicion.condemn() == [(Lane.OBSERVATION, 7)]
    assert suspicion.condemn() == []


def test_a_bad_network_condemns_nobody() -> None:
    suspicion = Suspicion()
    for _ in range(10 * ENDS):
        suspicion.ended([BAD])
    assert suspicion.condemn() == []


def test_a_row_that_passes_in_the_end_is_innocent() -> None:
    suspicion = Suspicion()
    for _ in range(ENDS - 1):
        suspicion.ended([BAD])
        suspicion.confirmed(*GOOD)
    suspicion.confirmed(*BAD)
    suspicion.ended([BAD])
    assert suspicion.condemn() == []


def test_idle_connections_that_end_prove_nothing() -> None:
    suspicion = Suspicion()
    suspicion.ended([])
    assert suspicion.level == 0
