"""XML as a stream of elements: expat with every door shut, no tree, bounded in depth and text."""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Row
from protocols.dumps.text import CHUNK, detect

__all__ = ["Handler", "elements", "encoding_of", "without_dtd"]

_DEEPEST = 64
_MOST_TEXT = 65_536
_PAD = b"\x1a"  # what XMODEM fills its last block with
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]{1,20})[\"']")


class Handler:
    """Told of each element by its name without prefix; what it puts into `out` is yielded."""

    def __init__(self) -> None:
        self.out: list[Row | Bad] = []
        self.exact = True

    def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
        """An element begins at this line and byte; None where the bytes of the file are not those of the parser."""

    def end(self, name: str, text: str) -> None:
        """An element ends; `text` is what stood directly in it."""


class _Stream:
    def __init__(self, handler: Handler, encoding: str | None = None) -> None:
        self._handler = handler
        self._texts: list[list[str]] = []
        self._length = 0
        self.parser = parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = _forbidden
        parser.EntityDeclHandler = _forbidden
        parser.ExternalEntityRefHandler = _forbidden
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._texts) >= _DEEPEST:
            raise DumpError("too_deep", str(_DEEPEST))
        self._texts.append([])
        self._length = 0
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        parser = self.parser
        offset = parser.CurrentByteIndex if self._handler.exact else None
        self._handler.begin(name.rpartition(":")[2], plain, parser.CurrentLineNumber, offset)

    def _end(self, name: str) -> None:
        self._handler.end(name.rpartition(":")[2], "".join(self._texts.pop()).strip())

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _MOST_TEXT:
            raise DumpError("line_too_long", str(_MOST_TEXT))
        if text.strip():
            self._texts[-1].append(text)

    def feed(self, chunk: bytes, *, final: bool) -> None:
        """Hand on a piece; raises DumpError."""
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            cut = final and error.code in _UNFINISHED
            raise DumpError("truncated" if cut else "xml", str(error), self.parser.ErrorByteIndex) from None
        except (LookupError, ValueError) as error:
            raise DumpError("xml", str(error)) from None


_UNFINISHED = {
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}


def _forbidden(*_: object) -> int:
    raise DumpError("xml_forbidden")


def _declared(reader: BinaryIO) -> str:
    reader.seek(0)
    match = _DECLARATION.match(reader.read(256))
    return match[1].decode("ascii").lower() if match else ""


class _Utf8:
    """A reader of GB18030 as one of UTF-8, which expat knows."""

    def __init__(self, reader: BinaryIO) -> None:
        self._reader = reader
        self._decoder = codecs.getincrementaldecoder("gb18030")("strict")

    def read(self, size: int) -> bytes:
        while chunk := self._reader.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode()
        return self._decoder.decode(b"", final=True).encode()


def encoding_of(reader: BinaryIO) -> str:
    """The encoding by the rule for all text, unless the document names one that is neither UTF-8 nor Chinese."""
    declared = _declared(reader)
    if declared and not declared.startswith(("utf", "gb")):
        return declared
    return detect(reader).name


def _opened(reader: BinaryIO, handler: Handler, encoding: str) -> tuple[_Stream, Callable[[int], bytes]]:
    reader.seek(0)
    if encoding != "gb18030":
        forced = "utf-8" if encoding == "utf-8" else None
        return _Stream(handler, forced), reader.read
    handler.exact = False
    return _Stream(handler, "utf-8"), _Utf8(reader).read


def elements(reader: BinaryIO, handler: Handler) -> Iterator[Row | Bad]:
    """What the handler makes of a document; raises DumpError for what is none, is cut off, or has a DTD."""
    stream, read = _opened(reader, handler, encoding_of(reader))
    try:
        padding = b""
        while chunk := read(CHUNK):
            whole = (padding + chunk).rstrip(_PAD)
            padding = (padding + chunk)[len(whole) :]
            stream.feed(whole, final=False)
            yield from handler.out
            handler.out.clear()
    except UnicodeDecodeError as error:
        raise DumpError("xml", error.reason) from None
    stream.feed(b"", final=True)
    yield from handler.out
    handler.out.clear()


class _Found(Exception):
    """The root has begun."""


def without_dtd(read: Callable[[int], bytes]) -> None:
    """Look at a document up to its root; raises DumpError if a DTD stands before it."""

    class _Root(Handler):
        def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
            raise _Found

    stream = _Stream(_Root())
    try:
        while chunk := read(CHUNK):
            stream.feed(chunk, final=False)
    except _Found:
        return
