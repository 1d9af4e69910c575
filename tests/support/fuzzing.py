"""Random and mutated octets for every decoder, and what became of them.

A *subject* takes octets and may raise nothing but `DecodeError`. Half of the mutations begin with a
published vector; where a check value is last, half of those have it mended, so that what lies
behind it is reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Literal

from edge_agent.cli.decoding import decode
from edge_agent.cli.vectors import read_file
from edge_agent.model.errors import DecodeError
from edge_drivers import codec
from edge_drivers.codec import racp, wwks2
from edge_drivers.codec.checks import CHECKS
from edge_drivers.codec.decoder import Decoder
from edge_drivers.codec.explain import explain
from edge_drivers.codec.modbus_adu import from_ascii, from_rtu, from_tcp
from edge_drivers.codec.packets import make_framer
from edge_drivers.codec.xml_documents import Documents
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec, Part
from firmware_specs.spec.wires import Framing, SerialWire

LONGEST = 96
"""Octets of a random string."""
_EDGES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)


@dataclass(frozen=True)
class Subject:
    """What is fed.

    Attributes:
        name: for people.
        take: the decoder.
        seeds: octets that it understands.
        mend: makes the check value of octets right.
    """

    name: str
    take: Callable[[bytes], object]
    seeds: Sequence[bytes]
    mend: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Broken:
    """An error that nobody declared."""

    octets: bytes
    error: Exception


def feed(subject: Subject, count: int, seed: int | str) -> tuple[Counter[str], Broken | None]:
    """How many octet strings were read, and refused for which reason; the first that broke it."""
    came: Counter[str] = Counter()
    for octets in inputs(subject, count, Random(seed)):
        try:
            subject.take(octets)
        except DecodeError as error:
            came[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            return came, Broken(octets, error)
        else:
            came["read"] += 1
    return came, None


def inputs(subject: Subject, count: int, random: Random) -> Iterator[bytes]:
    """Octet strings, half of them random, half of them mutations."""
    for _ in range(count):
        if not subject.seeds or random.random() < 0.5:
            yield random.randbytes(random.randrange(LONGEST))
            continue
        octets = bytearray(random.choice(subject.seeds))
        for _ in range(random.choice((1, 1, 2, 3, 5))):
            _mutate(octets, subject.seeds, random)
        yield subject.mend(bytes(octets)) if random.random() < 0.5 else bytes(octets)


def _mutate(octets: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    at = random.randrange(len(octets) + 1)
    match random.randrange(7):
        case 0 if at < len(octets):
            octets[at] ^= 1 << random.randrange(8)
        case 1 if at < len(octets):
            octets[at] = random.choice(_EDGES)
        case 2:
            del octets[at:]
        case 3:
            del octets[at : at + random.randrange(1, 5)]
        case 4:
            octets[at:at] = random.randbytes(random.randrange(1, 9))
        case 5:
            octets[at:] = random.choice(seeds)[at:]
        case _:
            octets[at:at] = octets[: random.randrange(len(octets) + 1)]


def subjects() -> Iterator[Subject]:
    """Every part of every spec, every framer, and what reads Modbus, RACP answers and WWKS 2.0."""
    specs = catalog.find_all()
    for loaded in specs.values():
        yield from _parts(loaded, _seeds(loaded, specs))
    whole = [bytes.fromhex("01040200E9A5F8"), b":010400010002F8\r\n"]
    for read in (from_rtu, from_tcp, from_ascii):
        yield Subject(f"modbus {read.__name__}", read, whole, _as_it_is)
    control = codec.compile(specs["glucose"].spec)
    answers = [bytes.fromhex("06000101"), bytes.fromhex("05000301")]
    yield Subject("racp answer", partial(_answer, control), answers, _as_it_is)
    traffic = (Path(__file__).parents[1] / "data" / "wwks2" / "traffic.xml").read_bytes()
    yield Subject("wwks2 messages", _messages, _documents(traffic), _as_it_is)


def _parts(loaded: LoadedSpec, seeds: Mapping[str, Sequence[bytes]]) -> Iterator[Subject]:
    spec = loaded.spec
    decoder = codec.compile(spec)
    for name, part in spec.parts.items():
        known, take = seeds.get(name, ()), partial(_explained, decoder, name)
        yield Subject(f"{spec.device} {name}", take, known, partial(_mended, part))
        if part.framing:
            framed = partial(_framed, part.framing)
            yield Subject(f"{spec.device} {name} framer", framed, known, _as_it_is)
    if isinstance(spec.link, SerialWire):
        framed = partial(_framed, spec.link.framing)
        yield Subject(f"{spec.device} framer", framed, seeds.get(spec.packet, ()), _as_it_is)


def _seeds(loaded: LoadedSpec, specs: Mapping[str, LoadedSpec]) -> dict[str, list[bytes]]:
    """The vectors beside a spec, by part."""
    found: dict[str, list[bytes]] = {}
    file = Path(loaded.origin).with_suffix(".vectors.json")
    for one in read_file(file).vectors if file.is_file() else ():
        part = decode(one.device, one.part, one.hex, specs).part
        found.setdefault(part, []).append(bytes.fromhex(one.hex))
    return found


def _explained(decoder: Decoder, part: str, octets: bytes) -> None:
    for reading in decoder.decode(part, octets):
        explain(decoder, reading)


def _answer(decoder: Decoder, octets: bytes) -> None:
    for reading in decoder.decode("control", octets):
        racp.answer_of(reading)


def _framed(framing: Framing, octets: bytes) -> None:
    """All octets come out again, as packets or as lost, or wait for more."""
    whole, lost = make_framer(framing).push(octets)
    assert sum(map(len, whole)) + len(lost) <= len(octets)


def _documents(traffic: bytes) -> list[bytes]:
    """The captured messages, one by one."""
    return [one.strip() + b"</WWKS>" for one in traffic.split(b"</WWKS>")[:-1]]


def _messages(octets: bytes) -> None:
    """A stream in two pieces."""
    documents = Documents()
    for piece in (octets[:40], octets[40:]):
        for document in documents.push(piece):
            wwks2.decode(document)


def _mended(part: Part, octets: bytes) -> bytes:
    last = part.fields[-1] if part.fields else None
    if last is None or last.check not in CHECKS or last.type not in ("u8", "u16"):
        return octets
    size = 1 if last.type == "u8" else 2
    order: Literal["little", "big"] = part.order
    body = octets[:-size]
    return body + CHECKS[last.check](body).to_bytes(size, order)


def _as_it_is(octets: bytes) -> bytes:
    return octets
