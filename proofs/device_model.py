"""The device of the small world: what a write does to it (decision 080), and what it tells."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from edge_drivers.dispensing.steps import Write
from edge_drivers.dispensing.values import SEQUENCES, Activity, Last, Reading, Result, Task


class Armed(NamedTuple):
    """What the device has reserved."""

    sequence: int
    task: Task


class Device(NamedTuple):
    """A dispenser; `armed` and `moving` do not survive a restart, the rest does."""

    counts: tuple[int, ...]
    last: Last | None
    armed: Armed | None = None
    moving: Task | None = None
    left: int = 0


class Request(NamedTuple):
    """A write on the wire."""

    write: Write
    sequence: int
    task: Task


def written(device: Device, request: Request) -> Device:
    """What a write does to a device (decision 080)."""
    write, sequence, task = request
    if device.moving:
        return device
    if device.last is None:
        return device._replace(moving=task, left=task.amount)
    if sequence != (device.last.sequence + 1) % SEQUENCES:
        return device
    match write:
        case Write.RESERVE:
            return device._replace(armed=Armed(sequence, task))
        case Write.START if device.armed == Armed(sequence, task):
            last = Last(sequence, task.tag, task.channel, task.amount)
            return device._replace(last=last, armed=None, moving=task, left=task.amount)
        case Write.WITHDRAW:
            last = Last(sequence, task.tag, task.channel, task.amount, Result.NOTHING)
            return device._replace(last=last, armed=None)
        case _:
            return device


def stopped(device: Device) -> Device:
    """It rests: all has moved, it jams, or it was switched off."""
    last = device.last
    if device.moving and last:
        done = Result.DONE if last.moved == last.amount else Result.PARTIAL
        last = msgspec.structs.replace(last, result=done if last.moved else Result.NOTHING)
    return device._replace(last=last, armed=None, moving=None, left=0)


def told(device: Device) -> Reading:
    """What its registers say."""
    last, armed = device.last, device.armed
    resting = Activity.ARMED if armed else Activity.IDLE
    activity = Activity.MOVING if device.moving else resting
    if last and armed:
        task = armed.task
        last = Last(last.sequence, task.tag, task.channel, task.amount)
    return Reading(activity, device.counts, last=last)
