"""Modbus units on a scripted link: registers by function and address, and every way to answer wrongly."""

from drivers.gate import build_gate
from drivers.link import Wire
from protocols.errors import FrameError
from protocols.modbus.effect import classify_rtu, classify_tcp
from protocols.modbus.frame import Frame, decode_rtu, decode_tcp, encode_rtu, encode_tcp
from tests.drivers.toy import ScriptedLink

ILLEGAL_ADDRESS = 2


class Unit:
    """One unit; `words` by (function, address). Anything else is refused, as real devices do."""

    def __init__(self, unit, words, *, delay=0.05, longest=125):
        self.unit, self.words, self.delay, self.longest = unit, dict(words), delay, longest
        self.dead = False
        self.asked: list[tuple[int, int, int]] = []

    def answer(self, request: Frame) -> Frame:
        start, count = int.from_bytes(request.body[:2], "big"), int.from_bytes(request.body[2:], "big")
        self.asked.append((request.function, start, count))
        places = [(request.function, at) for at in range(start, start + count)]
        if count > self.longest or any(place not in self.words for place in places):
            return Frame(request.unit, request.function | 0x80, bytes([ILLEGAL_ADDRESS]), request.transaction)
        data = b"".join(self.words[place].to_bytes(2, "big") for place in places)
        return Frame(request.unit, request.function, bytes([len(data)]) + data, request.transaction)


def modbus_line(*units, is_rtu=False, mangle=lambda replies: replies, wire: Wire | None = None):
    """A link to these units behind a real gate. `mangle` turns (delay, reply) pairs into what really comes."""
    encode, decode = (encode_rtu, decode_rtu) if is_rtu else (encode_tcp, decode_tcp)
    by_unit = {unit.unit: unit for unit in units}

    def script(sent: bytes):
        try:
            request = decode(sent)
        except FrameError as error:
            raise AssertionError(f"no request: {sent.hex()}") from error
        unit = by_unit.get(request.unit)
        if unit is None or unit.dead:
            return []
        return mangle([(unit.delay, encode(unit.answer(request)))])

    return ScriptedLink(script, gate=build_gate([classify_rtu if is_rtu else classify_tcp]), wire=wire)
