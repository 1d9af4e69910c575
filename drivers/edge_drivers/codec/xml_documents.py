"""XML documents that follow one another on a stream without a terminator: found and read, bounded.

Rules: a document is read once it is whole and never before; nothing of it is looked up elsewhere
(no document type, no entities but XML's own five); what is larger, deeper or has more elements
than any real message is refused. After a refusal nobody can say where the next document begins:
the stream is at its end. Pure; expat of the standard library does the parsing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.parsers import expat

import msgspec

from edge_agent.model.errors import MalformedError, OverlongError

MOST_OCTETS = 1 << 20
MOST_ELEMENTS = 20_000
MOST_DEPTH = 16


class Element(msgspec.Struct, frozen=True):
    """An element; text between elements is not kept, for no message has any that matters.

    Attributes:
        name: of its tag.
        attributes: by name.
        children: in order.
    """

    name: str
    attributes: Mapping[str, str] = {}
    children: tuple[Element, ...] = ()

    def all(self, name: str) -> tuple[Element, ...]:
        """The children of that name."""
        return tuple(child for child in self.children if child.name == name)

    def first(self, name: str) -> Element:
        """The first child of that name, an empty one if there is none."""
        return next(iter(self.all(name)), Element(name))


class Documents:
    """Takes octets as they come and gives the documents in them."""

    def __init__(self) -> None:
        self._rest = b""
        self._document = _Document()

    def push(self, octets: bytes) -> Iterator[Element]:
        """The documents that these octets complete.

        Raises:
            MalformedError, OverlongError: it is no XML, or beyond what is read here.
        """
        *pieces, self._rest = (self._rest + octets).split(b">")
        if len(self._rest) > MOST_OCTETS:
            raise OverlongError(f"a tag is longer than {MOST_OCTETS} octets")
        for piece in pieces:  # a document ends with a tag, so at the end of a piece
            if root := self._document.push(piece + b">"):
                self._document = _Document()
                yield root


class _Open:
    """An element whose end has not come."""

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []


class _Document:
    """One document under way."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._root: Element | None = None
        self._octets = self._elements = 0
        parser = expat.ParserCreate("UTF-8")
        if hasattr(parser, "SetReparseDeferralEnabled"):  # of later expats: a document now is now
            parser.SetReparseDeferralEnabled(False)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._forbidden
        parser.EntityDeclHandler = self._forbidden
        parser.ExternalEntityRefHandler = self._forbidden
        self._parser = parser

    def push(self, piece: bytes) -> Element | None:
        if not self._octets:
            piece = piece.lstrip()  # between two documents
        self._octets += len(piece)
        if self._octets > MOST_OCTETS:
            raise OverlongError(f"a document is longer than {MOST_OCTETS} octets")
        try:
            self._parser.Parse(piece, False)
        except expat.ExpatError as error:
            raise MalformedError(f"no XML: {error}") from error
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._open) >= MOST_DEPTH:
            raise OverlongError("a document has too many elements")
        self._open.append(_Open(name, attributes))

    def _end(self, _name: str) -> None:
        done = self._open.pop()
        element = Element(done.name, done.attributes, tuple(done.children))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element

    def _forbidden(self, *_: object) -> int:
        raise MalformedError("a document type or an entity is declared")
