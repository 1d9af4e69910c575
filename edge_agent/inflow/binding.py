"""Saying whose a device's readings are, while an agent runs or without one."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from edge_agent.control.asked import Bind, Unbind
from edge_agent.inflow.whose import is_unbound
from edge_agent.model import forms
from edge_agent.model.bindings import Binding, current
from edge_agent.model.errors import CommandError
from edge_agent.model.frames import Frame
from edge_agent.model.seams import Buffer, Clock
from edge_agent.model.times import Times

HOWS = ("pairing", "health-code", "card", "staff", "slot")


def utc(when: datetime) -> str:
    """As bindings write it."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def made(request: Bind, device: str, clock: Clock, now: datetime) -> Binding:
    """The binding that is asked for.

    Raises:
        CommandError: `how` or `since` is not what it can be, or there is no subject.
    """
    if request.how not in HOWS:
        raise CommandError(f"{request.how!r} is no way of binding; there are {', '.join(HOWS)}")
    if not request.subject.strip():
        raise CommandError("a binding needs a subject, the region's reference of a person")
    since = _since(request.since) if request.since else now
    return Binding(
        secrets.token_hex(16),
        device,
        request.subject,
        utc(since),
        clock.now(),
        slot=request.slot,
        how=request.how,
    )


def ended(bindings: Iterable[Binding], slot: str, clock: Clock, now: datetime) -> list[Binding]:
    """Next revisions of those bindings that hold for exactly this slot: they end now."""
    return [
        msgspec.structs.replace(
            one, until=utc(max(now, _since(one.since))), revision=one.revision + 1, at=clock.now()
        )
        for one in bindings
        if one.slot == slot
    ]


def holding(bindings: Iterable[Binding], device: str, now: datetime) -> list[Binding]:
    """The bindings of a device that have not ended."""
    return [
        one
        for one in current(bindings)
        if one.device == device and (not one.until or now < _since(one.until))
    ]


async def bind(
    buffer: Buffer,
    request: Bind,
    device: str,
    clock: Clock,
    rebound: Callable[[], Awaitable[None]],
) -> tuple[Binding, int]:
    """Make a binding durable; what was held back and is somebody's now goes on its way.

    A binding of the same slot that still holds ends when this one begins. Whoever judges frames
    knows of it before any is released; what was judged until then may come in between, so it is
    looked for twice.

    Returns:
        The binding, and how many frames were released.
    """
    now = datetime.now(UTC)
    binding = made(request, device, clock, now)
    before = holding(await buffer.bindings(), device, now)
    begins = _since(binding.since)
    await buffer.deliver([*ended(before, request.slot, clock, begins), binding], urgent=True)
    await rebound()
    return binding, await release(buffer, device) + await release(buffer, device)


async def unbind(buffer: Buffer, request: Unbind, device: str, clock: Clock) -> list[Binding]:
    """End the binding of a device, or of one of its slots.

    Raises:
        CommandError: there is none.
    """
    now = datetime.now(UTC)
    last = ended(holding(await buffer.bindings(), device, now), request.slot, clock, now)
    if not last:
        raise CommandError(f"nobody is bound to {request.alias!r}")
    await buffer.deliver(last, urgent=True)
    return last


async def release(buffer: Buffer, device: str) -> int:
    """Send what was held of a device and is somebody's now; returns how many frames."""
    bindings = await buffer.bindings()
    times = Times(await buffer.clocks(), await buffer.readings())
    released, after = 0, 0
    while rows := await buffer.held(device, after):
        after = rows[-1].sequence
        ready = _bound([row.payload for row in rows], bindings, times)
        released += await buffer.release(device, ready) if ready else 0
    return released


def _bound(payloads: Iterable[bytes], bindings: Sequence[Binding], times: Times) -> list[str]:
    """Ids of the frames that are somebody's."""
    records = [forms.decode(payload) for payload in payloads]
    return [
        record.id
        for record in records
        if isinstance(record, Frame) and not is_unbound(record, bindings, times)
    ]


def _since(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no time; write 2026-11-22T08:30:00+08:00") from error
    if when.tzinfo is None:
        raise CommandError(f"{text!r} has no zone; write 2026-11-22T08:30:00+08:00")
    return when
