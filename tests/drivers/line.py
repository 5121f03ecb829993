"""DL/T 645 meters on a scripted line: each knows some identifiers, refuses the rest, and can misbehave."""

from collections.abc import Callable
from datetime import datetime

from drivers.gate import build_gate
from drivers.link import Wire
from protocols.dlt645.effect import classify
from protocols.dlt645.frame import Frame, Splitter, encode
from tests.drivers.toy import ScriptedLink

_REFUSAL = b"\x02"


def bcd(text: str) -> bytes:
    """Digits as they stand in a frame: low byte first."""
    return bytes.fromhex(text)[::-1]


def stamp(at: datetime) -> bytes:
    """A freeze's time stamp, YYMMDDhhmm, low byte first."""
    return bcd(at.strftime("%y%m%d%H%M"))


class FakeMeter:
    """One meter. `data` maps identifiers to payloads, or to functions of the request that give them."""

    def __init__(
        self, address: str, data: dict[str, bytes | Callable[[bytes], bytes]], *, delay: float = 0.1
    ):
        self.address = address
        self.data = data
        self.delay = delay
        self.dead = False
        self.asked: list[str] = []

    def hears(self, address: str) -> bool:
        """Whether a request to this address is one to this meter."""
        return not self.dead and self.address.endswith(address.lstrip("A"))

    def answer(self, request: Frame) -> Frame:
        """The reply: data, or an abnormal reply saying that there is none."""
        width = 4 if request.control == 0x11 else 2
        identifier = request.data[:width][::-1].hex().upper()
        self.asked.append(identifier)
        payload = self.data.get(identifier)
        if callable(payload):
            payload = payload(request.data[width:])
        if payload is None:
            return Frame(self.address, request.control | 0xC0, _REFUSAL)
        return Frame(self.address, request.control | 0x80, request.data[:width] + payload)


def line(*meters: FakeMeter, mangle=lambda replies: replies, wire: Wire | None = None) -> ScriptedLink:
    """A link to these meters behind a real send gate. `mangle` may change, delay or drop replies."""

    def script(sent: bytes):
        replies = []
        for request in Splitter().feed(sent):
            assert isinstance(request, Frame)
            heard = [meter for meter in meters if meter.hears(request.address)]
            replies += [(meter.delay, encode(meter.answer(request), 4)) for meter in heard]
        return mangle(replies)

    return ScriptedLink(script, gate=build_gate([classify]), wire=wire)
