"""Telling a stop from a library that cancelled what it was asked to wait for."""

from __future__ import annotations

import asyncio


def is_stopped() -> bool:
    """Whether the running task itself was told to stop.

    A library that cancels a future of its own (bumble does at a disconnection) raises
    `CancelledError` in whoever awaits it; that is a failure like any other.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
