"""What serial ports have in common, whoever speaks over them."""

from __future__ import annotations

import errno
import termios
from pathlib import Path

from edge_agent.model.errors import LinkRefusedError, LinkUnavailableError

OPENING = (OSError, termios.error)
"""What opening a port may raise: `SerialException` is an `OSError`, `termios.error` is not."""

_HELD = (errno.EAGAIN, errno.EBUSY)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


def has_parity(port: str) -> bool:
    """Whether parity can be asked for: a pseudo terminal has none, and refuses the second time."""
    return not str(Path(port).resolve()).startswith("/dev/pts/")


def unopened(port: str, error: BaseException | None) -> LinkUnavailableError | LinkRefusedError:
    """Why a port could not be opened, and whether a person is needed."""
    number = error.args[0] if error and error.args else None
    if number in _FORBIDDEN:
        return LinkRefusedError(f"no permission to open {port}: add the user to its group")
    if number in _HELD:
        return LinkRefusedError(f"{port} is in use by another program")
    return LinkUnavailableError(f"{port} cannot be opened" + (f": {error}" if error else ""))
