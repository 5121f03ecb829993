"""What a codec or session can say went wrong, named by what the caller can do."""

__all__ = ["CatalogueError", "FrameError", "MeterRefused", "ProtocolError", "UnexpectedReply"]


class ProtocolError(Exception):
    """Root of this package's errors."""


class FrameError(ProtocolError):
    """Bytes that are not a valid frame: ask again. `kind` is checksum, length, end or header."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


class UnexpectedReply(ProtocolError):
    """A valid frame that does not answer the question: count it and keep waiting."""


class MeterRefused(ProtocolError):
    """The meter answered that it will not: final, do not ask again.

    `bits` are the named error bits, `address` is the meter that answered, as far as known.
    """

    def __init__(self, bits: tuple[str, ...], raw: bytes, address: str = "") -> None:
        super().__init__(", ".join(bits) or f"refused ({raw.hex().upper()})")
        self.bits = bits
        self.raw = raw
        self.address = address


class CatalogueError(ProtocolError):
    """An identifier or point that this protocol does not know: correct the request."""
