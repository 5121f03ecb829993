"""The conversation with one terminal: requests with FCB and PSEQ, replies of several frames, what it says unasked.

No clock, no socket. One request is open at a time; logins, heartbeats and reports are confirmed meanwhile.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.dialogue import Heard
from protocols.gdw1376_1.body import Unit, decode_body
from protocols.gdw1376_1.frame import BadFrame, Frame, Splitter, encode
from protocols.gdw1376_1.units import encode_unit, groups

__all__ = ["AFN", "Ask", "Heartbeat", "Login", "Logout", "Reply", "Report", "TerminalDialogue"]


class AFN:
    """Application functions (clause 4.3.3.1)."""

    CONFIRM, RESET, LINK, SET, CONTROL = 0x00, 0x01, 0x02, 0x04, 0x05
    CONFIGURATION, PARAMETERS, CLASS1, CLASS2, EVENTS, FORWARD = 0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x10


_FIR, _FIN, _CON = 0x40, 0x20, 0x10
_PRM, _FCB, _FCV = 0x40, 0x20, 0x10
_SET_CODE, _QUERY_CODE, _ANSWER = 0x0A, 0x0B, 0x0B
_WITH_PASSWORD = frozenset({AFN.RESET, AFN.SET, AFN.CONTROL, AFN.FORWARD})
_TO_BE_CONFIRMED = frozenset({AFN.RESET, AFN.SET, AFN.CONTROL})
_ALL_CONFIRMED, _ALL_DENIED, _ONE_BY_ONE = 1, 2, 3
_LOGIN, _LOGOUT, _HEARTBEAT = 1, 2, 3
_MOST_FRAMES = 512
_CONFIRM_UNIT = encode_unit((0,), (_ALL_CONFIRMED,))


@dataclass(frozen=True, slots=True)
class Ask:
    """Data wanted: all of these points with all of these Fn; `extra` follows every data unit identifier."""

    pns: tuple[int, ...]
    fns: tuple[int, ...]
    extra: bytes = b""

    def encode(self) -> bytes:
        """The data units; raises ValueError for numbers out of range."""
        return b"".join(unit + self.extra for unit in groups(self.pns, self.fns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a terminal answered.

    `units` are decoded; `denied` where it said that it will not or has nothing; `confirmed` where it confirmed;
    `complete` is false where frames of a reply are missing; `error` tells what could not be decoded.
    """

    afn: int
    units: tuple[Unit, ...] = ()
    denied: bool = False
    confirmed: bool = False
    complete: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """The terminal logged in."""

    address: str


@dataclass(frozen=True, slots=True)
class Logout:
    """The terminal is about to go."""

    address: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The terminal is alive; `data` may carry its clock (A.1)."""

    address: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Report:
    """Data that the terminal sent unasked."""

    address: str
    afn: int
    units: tuple[Unit, ...]


class TerminalDialogue:
    """One terminal by its address.

    `msa` is our address as a master station, `password` goes with changing requests, `freeze_offset` as in
    `decode_body`. `event_counters` are the last that the terminal told, None before.
    """

    def __init__(
        self,
        address: str,
        *,
        msa: int = 1,
        password: bytes = bytes(16),
        use_fcb: bool = False,
        freeze_offset: int = 1,
    ) -> None:
        self.address = address
        self.counters: Counter[str] = Counter()
        self.event_counters: tuple[int, int] | None = None
        self._msa, self._password, self._use_fcb = msa, password, use_fcb
        self._offset = freeze_offset
        self._splitter = Splitter()
        self._pfc = 0
        self._fcb = False
        self._afn: int | None = None
        self._sent = b""
        self._frames: dict[int, Frame] = {}

    # -- asking --------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a request waits for its answer."""
        return self._afn is not None

    def request(self, afn: int, asks: Sequence[Ask]) -> bytes:
        """Open a request, forgetting an earlier one; returns its frame. Raises ValueError for numbers out of range."""
        body = b"".join(ask.encode() for ask in asks)
        self._pfc = (self._pfc + 1) % 256
        self._fcb = not self._fcb
        control = _PRM | (_SET_CODE if afn in _TO_BE_CONFIRMED else _QUERY_CODE)
        if self._use_fcb:
            control |= _FCV | (_FCB if self._fcb else 0)
        con = _CON if afn in _TO_BE_CONFIRMED else 0
        frame = Frame(
            control=control,
            address=self.address,
            msa=self._msa,
            afn=afn,
            seq=_FIR | _FIN | con | self._pfc & 0x0F,
            body=body,
            password=self._password if afn in _WITH_PASSWORD else None,
        )
        self._afn, self._sent, self._frames = afn, encode(frame), {}
        self.counters["frames"] += 1
        return self._sent

    def again(self) -> bytes:
        """The open request as it was: the same FCB and number, so that the terminal knows it for a repetition."""
        self._frames = {}
        return self._sent

    def settle(self) -> Reply | None:
        """The frames that came as an incomplete reply, which closes the request; None if there are none."""
        afn, frames = self._afn, self._ordered()
        if afn is None or not frames:
            return None
        self.drop()
        return self._reply(afn, frames, complete=False)

    def drop(self) -> None:
        """Close the open request without an answer."""
        self._afn, self._frames = None, {}

    def reset(self) -> None:
        """The connection is a new one: half a frame of the old one is forgotten, the open request stays."""
        self._splitter.clear()

    # -- hearing -------------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> Heard:
        """Take received bytes."""
        return self._hear(self._splitter.feed(data))

    def flush(self) -> Heard:
        """The line went quiet: half a frame will not be completed."""
        return self._hear(self._splitter.flush())

    def _hear(self, found: Sequence[Frame | BadFrame]) -> Heard:
        heard = Heard()
        for frame in found:
            if isinstance(frame, BadFrame):
                self.counters[frame.kind] += 1
                continue
            self.counters["frames"] += 1
            if frame.address != self.address or not frame.up:
                self.counters["foreign"] += 1
                continue
            if frame.ec is not None:
                self.event_counters = frame.ec
            if frame.prm:
                self._unasked(frame, heard)
            else:
                self._answer(frame, heard)
        self.counters["noise"] += self._splitter.noise
        self._splitter.noise = 0
        return heard

    def _unasked(self, frame: Frame, heard: Heard) -> None:
        if frame.con:
            heard.replies.append(self._confirmation(frame))
        body = decode_body(frame.afn, frame.body, up=True, freeze_offset=self._offset)
        if frame.afn != AFN.LINK:
            heard.news.append(Report(frame.address, frame.afn, body.units))
            return
        for unit in body.units:
            if unit.fn == _LOGIN:
                heard.news.append(Login(frame.address))
            elif unit.fn == _LOGOUT:
                heard.news.append(Logout(frame.address))
            elif unit.fn == _HEARTBEAT:
                heard.news.append(Heartbeat(frame.address, unit.raw))

    def _confirmation(self, frame: Frame) -> bytes:
        """00 F1 with the number of what it confirms; the master station's address is 0 there."""
        return encode(
            Frame(
                control=_ANSWER,
                address=self.address,
                afn=AFN.CONFIRM,
                seq=_FIR | _FIN | frame.number,
                body=_CONFIRM_UNIT,
            )
        )

    def _answer(self, frame: Frame, heard: Heard) -> None:
        place = (frame.number - self._pfc) % 16
        if self._afn is None or not self._fits(frame, place):
            self.counters["late"] += 1
            return
        if frame.con:
            heard.replies.append(self._confirmation(frame))
        if frame.afn == AFN.CONFIRM:
            afn = self._afn
            if afn in _TO_BE_CONFIRMED or not self._frames:
                self.drop()
                heard.answers.append(self._verdict(afn, frame))
            return
        self._frames.setdefault(self._sequence(place), frame)
        frames = self._ordered()
        if frames and frames[-1].fin and len(frames) == len(self._frames):
            afn = self._afn
            self.drop()
            heard.answers.append(self._reply(afn, frames, complete=True))

    def _fits(self, frame: Frame, place: int) -> bool:
        """Whether a reply is to the open request: its number counted on from the request's, the same AFN."""
        if frame.afn == AFN.CONFIRM:
            return place == 0
        if frame.afn != self._afn:
            return False
        if frame.fir:
            return place == 0
        return bool(self._frames) and len(self._frames) < _MOST_FRAMES

    def _sequence(self, place: int) -> int:
        """The frame's place in the reply; numbers begin again after sixteen."""
        rounds = len(self._frames) // 16
        candidate = rounds * 16 + place
        if candidate > len(self._frames) + 8:
            candidate -= 16
        elif candidate < len(self._frames) - 8:
            candidate += 16
        return max(candidate, 0)

    def _ordered(self) -> list[Frame]:
        """The frames from the first without a gap."""
        found: list[Frame] = []
        while (frame := self._frames.get(len(found))) is not None:
            found.append(frame)
        return found

    def _reply(self, afn: int, frames: Sequence[Frame], *, complete: bool) -> Reply:
        units: list[Unit] = []
        errors: list[str] = []
        for frame in frames:
            body = decode_body(afn, frame.body, up=True, freeze_offset=self._offset)
            units += body.units
            if body.error:
                errors.append(body.error)
        return Reply(afn=afn, units=tuple(units), complete=complete, error="; ".join(dict.fromkeys(errors)))

    def _verdict(self, afn: int, frame: Frame) -> Reply:
        """A confirmation or denial of everything, or item by item, where one error denies."""
        body = decode_body(frame.afn, frame.body, up=True)
        fns = {unit.fn for unit in body.units}
        denied = _ALL_DENIED in fns
        if _ONE_BY_ONE in fns:
            codes = [item["error"] for unit in body.units for item in unit.data.get("items", ())]
            denied = any(codes)
        return Reply(
            afn=afn,
            units=body.units,
            denied=denied or afn not in _TO_BE_CONFIRMED,
            confirmed=not denied and afn in _TO_BE_CONFIRMED,
            error="denied" if denied else "",
        )
