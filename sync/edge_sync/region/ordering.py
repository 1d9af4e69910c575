"""A command as the region gives it: made, signed, sent, and its result waited for."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from edge_agent.model import forms
from edge_agent.model.commands import Command, CommandResult
from edge_agent.model.errors import WireError
from edge_agent.model.records import Lane, Record
from edge_sync.broker import Broker, BrokerError
from edge_sync.dialing import Dialer
from edge_sync.keys import Signer
from edge_sync.mqtt import FAILURE, NO_SUBSCRIBER, Message
from edge_sync.wire import fhir_dispense, messages, topics
from edge_sync.wire.topics import Address

_PUBACK_S = 10.0


def order(
    kind: str,
    gateway: Address,
    expires: datetime,
    arguments: Mapping[str, str | int] | None = None,
    *,
    device: str = "",
    epoch: str = "",
) -> Command:
    """A new command for a gateway, with an id of its own; `expires` is UTC."""
    return Command(
        id=str(uuid.uuid4()),
        kind=kind,
        expires=expires.isoformat(timespec="seconds").replace("+00:00", "Z"),
        device=device,
        arguments=dict(arguments or {}),
        gateway=gateway.path,
        epoch=epoch,
    )


def signed_message(command: Command, signer: Signer) -> bytes:
    """What travels."""
    return signer.sign(forms.encode(command))


async def send(
    broker: Broker, root: str, command: Command, signer: Signer, patience: float
) -> CommandResult | None:
    """Publish a command and wait so many seconds for its result; None when it did not come.

    Raises:
        BrokerError: the broker cannot be reached, or does not take it for the gateway.
    """
    gateway = topics.address(command.gateway)
    connection = await Dialer(broker).connect()
    try:
        taken: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        found: asyncio.Future[CommandResult] = asyncio.get_running_loop().create_future()

        def came(message: Message) -> None:
            connection.confirm(message)
            result = _result(message.payload, command.id)
            if result and not found.done():
                found.set_result(result)

        connection.on_message = came
        connection.on_confirmed = lambda _mid, reason: taken.set_result(reason)
        await connection.subscribe(topics.up(root, gateway, Lane.RESULT))
        down = topics.down(root, gateway, topics.COMMAND)
        life = datetime.fromisoformat(command.expires) - datetime.now(UTC)
        connection.publish(down, signed_message(command, signer), max(1, int(life.total_seconds())))
        reason = await asyncio.wait_for(taken, _PUBACK_S)
        if reason >= FAILURE or reason == NO_SUBSCRIBER:
            raise BrokerError(f"nobody takes commands at {command.gateway} (reason {reason:#x})")
        return await asyncio.wait_for(found, patience) if patience > 0 else None
    except TimeoutError:
        return None
    finally:
        connection.close()


def _result(payload: bytes, command: str) -> CommandResult | None:
    try:
        records = [_record(bytes(raw)) for raw in messages.decode_batch(payload).records]
    except WireError:
        return None
    results = (record for record in records if isinstance(record, CommandResult))
    return next((result for result in results if result.command == command), None)


def _record(payload: bytes) -> Record:
    """A record of the result lane, in whichever form it came."""
    is_fhir = payload.startswith(b'{"resourceType"')
    return fhir_dispense.record(payload) if is_fhir else forms.decode(payload)
