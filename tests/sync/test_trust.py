"""TLS to a real Mosquitto: both sides are verified, and dates by a time that is certainly past."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge_sync import dialing
from edge_sync.broker import Broker, BrokerError
from edge_sync.settings import Confirm
from edge_sync.store import Store
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.sync import frame
from tests.support.way_up import drained, publishing, settings

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as opened:
        yield opened


Serve = Callable[[datetime], Broker]


@pytest.fixture
def serve(start_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> Serve:
    """A broker whose certificate is valid around a time, and how a gateway reaches it."""
    authority = Authority(tmp_path / "certificates")

    def start(at: datetime) -> Broker:
        certificate, key = authority.certify("broker", at)
        mosquitto = start_mosquitto(
            f"cafile {authority.file}",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
        )
        url = f"mqtts://127.0.0.1:{mosquitto.port}"
        cert_file, key_file = authority.certify("client")
        ours = Broker(url, "gw1", ca_file=authority.file, patience=60.0)
        return msgspec.structs.replace(ours, cert_file=cert_file, key_file=key_file)

    return start


async def test_both_sides_are_verified(serve: Serve, store: Store) -> None:
    ours = serve(NOW)
    with pytest.raises(BrokerError, match="CERTIFICATE_VERIFY_FAILED"):
        await dialing.connect(Broker(ours.url, "x"), 5)
    nameless = msgspec.structs.replace(ours, cert_file="", key_file="")
    with pytest.raises(BrokerError):
        await dialing.Dialer(nameless).connect()
    elsewhere = msgspec.structs.replace(ours, url=ours.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(BrokerError, match="CERTIFICATE_VERIFY_FAILED"):
        await dialing.connect(elsewhere, 5, lambda: NOW)
    await store.deliver([frame(n) for n in range(1, 301)])
    listener = await dialing.connect(msgspec.structs.replace(ours, client_id="y"), 5)
    await listener.subscribe("edge/#")
    listener.on_message = listener.confirm
    async with publishing(store, settings(ours.url, broker=ours, confirm=Confirm.PUBACK)):
        await drained(store)
    listener.close()


async def test_a_box_whose_clock_is_years_behind_connects(serve: Serve) -> None:
    """To a clock that stands in 1970 every certificate begins in the future, as this one to us."""
    ours = serve(NOW + YEAR)
    with pytest.raises(BrokerError, match="not yet valid"):
        await dialing.connect(ours, 5)
    (await dialing.connect(ours, 5, lambda: datetime(1970, 1, 1, tzinfo=UTC))).close()


async def test_a_certificate_that_has_certainly_expired_is_refused(serve: Serve) -> None:
    ours = serve(NOW - YEAR)
    with pytest.raises(BrokerError, match="expired"):
        await dialing.connect(ours, 5)
    said = f"the certificate of CN=broker expired at {NOW - YEAR + timedelta(days=1):%F}"
    with pytest.raises(BrokerError, match=said):
        await dialing.connect(ours, 5, lambda: NOW - YEAR + timedelta(days=2))
    (await dialing.connect(ours, 5, lambda: NOW - YEAR)).close()
