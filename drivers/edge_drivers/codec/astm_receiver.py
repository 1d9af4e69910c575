"""The receiver of ASTM E1381 (LIS01-A2): who sends asks first, each frame is confirmed. Pure.

    instrument  ENQ          STX 1 … ETB check CR LF        STX 2 … ETX check CR LF        EOT
    host             ACK                              ACK                            ACK

Rules: a frame that ends in ETX is confirmed when it is durable, and with it all that led to it in
frames ending in ETB (law 1). A frame that came before is confirmed and not taken twice; one that is
damaged, or out of turn, is asked for again (NAK). What was begun and not ended is dropped: its
sender has no confirmation and sends it again. Nothing is ever sent but ACK and NAK.

Damage that it must survive: octets lost, doubled or changed anywhere, a frame that never ends, a
sender that begins anew in the middle, endings in CR, LF, both or nothing (senaite.astm's captures).
"""

from __future__ import annotations

from edge_drivers.codec.checks import CHECKS
from firmware_specs.spec.wires import AstmFraming

ENQ, ACK, NAK, EOT = 0x05, 0x06, 0x15, 0x04
_STX, _ETX, _ETB = 0x02, 0x03, 0x17
_NUMBERS, _SHORTEST = 8, 5
_BETWEEN = b"\r\n"


class AstmReceiver:
    """One end of a line; the framer of `codec.packets` for ASTM.

    Args:
        framing: the longest frame.
    """

    def __init__(self, framing: AstmFraming) -> None:
        self._longest = framing.longest
        self._transfer = False
        self._frame = bytearray()
        self._message = b""
        self._last: int | None = None
        self._owed = False
        self._answers = bytearray()

    def push(self, octets: bytes) -> tuple[tuple[bytes, ...], bytes]:
        """Frames up to each that ends in ETX, joined; and the octets that belong to none."""
        messages: list[bytes] = []
        lost = bytearray()
        for octet in octets:
            if octet in (ENQ, EOT):
                lost += self._drop()
                self._turn(octet)
            elif self._frame:
                self._frame.append(octet)
                lost += self._close(messages)
            elif octet == _STX and self._transfer:
                self._frame.append(octet)
            elif octet not in _BETWEEN:
                lost.append(octet)
        return tuple(messages), bytes(lost)

    def answers(self) -> bytes:
        """What is to be written now."""
        answers, self._answers = bytes(self._answers), bytearray()
        return answers

    def durable(self) -> bytes:
        """What is to be written now that the message that was given last is durable."""
        owed, self._owed = self._owed, False
        return bytes((ACK,)) if owed else b""

    def _turn(self, octet: int) -> None:
        """The sender begins, or ends."""
        self._transfer, self._last, self._owed = octet == ENQ, None, False
        if octet == ENQ:
            self._answers.append(ACK)

    def _drop(self) -> bytes:
        """What was begun and is not ended."""
        dropped = self._message + bytes(self._frame)
        self._message = b""
        self._frame.clear()
        return dropped

    def _close(self, messages: list[bytes]) -> bytes:
        """Take the frame if it is whole; gives what turns out to be none."""
        frame = self._frame
        ended = len(frame) >= _SHORTEST and frame[-3] in (_ETX, _ETB)
        if not ended and len(frame) < self._longest:
            return b""
        whole = bytes(frame)
        frame.clear()
        if ended and _is_whole(whole):
            return self._take(whole, messages)
        self._answers.append(NAK)
        return whole

    def _take(self, frame: bytes, messages: list[bytes]) -> bytes:
        number = frame[1] - ord("0")
        if number == self._last:
            if not self._owed:  # else it is confirmed as soon as it is durable
                self._answers.append(ACK)
            return b""
        if number != self._expected:
            self._answers.append(NAK)
            return frame
        self._last = number
        self._message += frame
        if frame[-3] == _ETB:
            self._answers.append(ACK)
            return b""
        messages.append(self._message)
        self._message, self._owed = b"", True
        return b""

    @property
    def _expected(self) -> int:
        return 1 if self._last is None else (self._last + 1) % _NUMBERS


def _is_whole(frame: bytes) -> bool:
    """Whether number and check are what they must be."""
    body, check = frame[1:-2], frame[-2:]
    return body[0] - ord("0") in range(_NUMBERS) and b"%02X" % CHECKS["sum8"](body) == check
