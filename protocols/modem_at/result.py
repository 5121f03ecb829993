"""What a modem answers: result codes in words, and the end of a call among the bytes of the other side."""

import re
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Code", "DropWatch", "Result", "Results"]


class Code(StrEnum):
    """Result codes (V.250, 5.7.1); VOICE and DELAYED are of many modems though not of the standard."""

    OK = "OK"
    CONNECT = "CONNECT"
    RING = "RING"
    NO_CARRIER = "NO CARRIER"
    ERROR = "ERROR"
    NO_DIALTONE = "NO DIALTONE"
    BUSY = "BUSY"
    NO_ANSWER = "NO ANSWER"
    VOICE = "VOICE"
    DELAYED = "DELAYED"


class Result(NamedTuple):
    """A result code; `baud` is the speed in bit/s that a CONNECT names, 0 where it names none."""

    code: Code
    baud: int = 0


_SPELLINGS = {code.value: code for code in Code} | {"NO DIAL TONE": Code.NO_DIALTONE}
# The longest line that is looked at; beyond it the modem is not speaking to us.
_LONGEST = 120
_SPEED = re.compile(r"CONNECT(?:\s+([0-9]{1,7}))?\b.*", re.ASCII)


class Results:
    """Reads a modem's words off its stream; the echo of our own commands and other lines are passed over.

    After CONNECT the bytes are the other side's: `rest` takes them, and nothing is read any more until `clear`.
    """

    def __init__(self) -> None:
        self.rest = b""
        self._line = bytearray()
        self._connected = False

    def clear(self) -> None:
        """Begin anew, with nothing half said."""
        self.rest = b""
        self._line.clear()
        self._connected = False

    def feed(self, data: bytes) -> list[Result]:
        """Take bytes; give the results that are complete."""
        found: list[Result] = []
        for place, byte in enumerate(data):
            if self._connected:
                # The line feed that ends CONNECT belongs to the word.
                self.rest += data[place:].removeprefix(b"\n") if not self.rest else data[place:]
                break
            if byte in b"\r\n":
                if (result := _read(bytes(self._line))) is not None:
                    found.append(result)
                    self._connected = result.code is Code.CONNECT
                self._line.clear()
            elif len(self._line) < _LONGEST:
                self._line.append(byte)
        return found


def _read(line: bytes) -> Result | None:
    text = line.decode("ascii", "replace").strip().upper()
    if match := _SPEED.fullmatch(text):
        return Result(Code.CONNECT, int(match[1] or 0))
    code = _SPELLINGS.get(text)
    return None if code is None else Result(code)


class DropWatch:
    """Finds `NO CARRIER` among the bytes of a call, however they are cut; it holds nothing back.

    Only the whole line counts, as a modem says it: after a carriage return or line feed, and ended by one.
    """

    _DROPPED = re.compile(rb"[\r\n]NO CARRIER[\r\n]")
    _KEPT = len(b"\rNO CARRIER")

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> bool:
        """Take bytes of the call; whether it is over."""
        window = self._tail + data
        self._tail = window[-self._KEPT :]
        return self._DROPPED.search(window) is not None
