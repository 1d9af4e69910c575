"""Every error that we raise on purpose, as one tree; each leaf says what the caller should do.

EdgeError
├── FileError             mend the file: names file, key, reason, remedy
│   ├── ConfigError         the agent's configuration
│   └── SpecError           a firmware spec
├── DecodeError           drop and count: the octets are not what the spec says
│   ├── TruncatedError      octets are missing
│   ├── OverlongError       octets are left over
│   ├── ChecksumError       a checksum, CRC or echo does not agree
│   └── MalformedError      a fixed value is wrong, or a value cannot be
├── LinkError             retry with back-off: the wire, not the data
│   ├── LinkUnavailableError  the device or its port cannot be reached
│   │   └── LinkAbsentError       it is not there now: listen on at once
│   ├── LinkLostError         it was open and went away
│   ├── LinkTimeoutError      no answer in time (of a read: of a command it is *unknown*)
│   └── LinkRefusedError      call a person: pairing, permission, busy port
├── StoreError            the buffer cannot do what it promises
│   ├── StoreFullError      retry when the important lanes have room again
│   └── StoreCorruptError   call a person: kept for inspection
├── ExportError           a recording cannot be written out so: the message says what to do
├── WireError             drop and count: a message from the network is not ours to understand
└── CommandError          refused before anything moved; the reason is the result
"""

from __future__ import annotations


class EdgeError(Exception):
    """The root of all declared errors."""


class FileError(EdgeError):
    """A file that a person wrote cannot be accepted.

    Args:
        file: the file as the person named it.
        key: the place in the file (`parts.measurement.fields[2].type`), or "" for the whole.
        reason: what is wrong, with the value found.
        remedy: what to do about it.
    """

    def __init__(self, file: str, key: str, reason: str, remedy: str) -> None:
        place = f"{file}: {key}" if key else file
        super().__init__(f"{place}: {reason}; {remedy}")
        self.file = file
        self.key = key
        self.reason = reason
        self.remedy = remedy


class ConfigError(FileError):
    """The agent's configuration cannot be accepted."""


class SpecError(FileError):
    """A firmware spec cannot be accepted."""


class DecodeError(EdgeError):
    """The octets are not what the spec says: drop them and count."""


class TruncatedError(DecodeError):
    """Octets are missing."""


class OverlongError(DecodeError):
    """Octets are left over."""


class ChecksumError(DecodeError):
    """A checksum, CRC or echo does not agree."""


class MalformedError(DecodeError):
    """A fixed value is wrong, or a value cannot be."""


class LinkError(EdgeError):
    """The wire failed, not the data: retry with back-off."""


class LinkUnavailableError(LinkError):
    """The device or its port cannot be reached."""


class LinkAbsentError(LinkUnavailableError):
    """It is not there now, as a device that sleeps between readings: listen on at once."""


class LinkLostError(LinkError):
    """The link was open and went away."""


class LinkTimeoutError(LinkError):
    """No answer in time."""


class LinkRefusedError(LinkError):
    """Call a person: pairing is needed, permission is missing, or the port is in use."""


class StoreError(EdgeError):
    """The buffer cannot do what it promises."""


class StoreFullError(StoreError):
    """No room: retry when the important lanes have drained."""


class StoreCorruptError(StoreError):
    """The buffer's file is damaged: it is kept for inspection."""


class ExportError(EdgeError):
    """A recording cannot be written out so; the message says what to do."""


class WireError(EdgeError):
    """A message from the network is not ours to understand: drop it and count."""


class CommandError(EdgeError):
    """A command was refused before anything moved."""
