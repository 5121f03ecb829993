"""Where a file ends whose sender fills the last block with 1AH and does not say the size."""

import struct

__all__ = ["Unpadded"]

_PAD = b"\x1a"
_DBF_VERSIONS = frozenset((0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0xCB, 0xF5))
_DBF_HEAD = 32
# A header is 32 bytes and 32 for each column, an end mark or two, and in Visual FoxPro 263 bytes more.
_DBF_REST = frozenset((1, 2, 8, 9))
# Archives and databases know their own end, and may end in 1AH themselves.
_KNOW_THEIR_END = (b"PK", b"SQLite format 3\0")


class Unpadded:
    """Gives what it is fed, the last block cut to where the file ends: text behind its last byte that is no 1AH.

    A DBF has its length in its header; ZIP and SQLite files are left as they came.
    """

    def __init__(self) -> None:
        self._held = b""
        self._head = b""
        self._given = 0

    def feed(self, body: bytes) -> bytes:
        """A block comes in, the one before goes out."""
        if len(self._head) < _DBF_HEAD:
            self._head = (self._head + body)[:_DBF_HEAD]
        before, self._held = self._held, body
        self._given += len(before)
        return before

    def end(self) -> bytes:
        """What is left of the last block."""
        last, self._held = self._held, b""
        if self._head.startswith(_KNOW_THEIR_END):
            return last
        keep = _dbf_size(self._head) - self._given
        if 0 <= keep <= len(last):
            # One 1AH of its own ends a DBF; some writers leave it out.
            return last[: keep + (last[keep : keep + 1] == _PAD)]
        return last.rstrip(_PAD)


def _dbf_size(head: bytes) -> int:
    """The length that a DBF's header gives, without the 1AH at its end; negative for another file."""
    if len(head) < _DBF_HEAD or head[0] not in _DBF_VERSIONS:
        return -1
    records, header, record = struct.unpack_from("<IHH", head, 4)
    if not 1 <= head[2] <= 12 or not 1 <= head[3] <= 31 or header < _DBF_HEAD + 1 or record < 2:
        return -1
    if header % _DBF_HEAD not in _DBF_REST:
        return -1
    return int(header + records * record)
