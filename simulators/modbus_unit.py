"""A simulated Modbus unit: the registers of a meter model, filled with figures that a test can foretell."""

import math
import random
from collections import Counter
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal

from protocols.modbus.frame import Frame
from protocols.modbus.pdu import BITS, LONGEST, REFUSED
from protocols.modbus.plan import join
from protocols.modbus.registers import Register, RegisterMap
from protocols.points import find
from simulators.modbus_words import largest, raw_of, words_of

__all__ = ["SUNSPEC_BASE", "ModbusUnit"]

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
SUNSPEC_BASE = 40_000
_COMMON, _COMMON_LENGTH = 1, 66
_END = 0xFFFF
# Six digits: a float of 32 bits shows them as they are.
_SIX = Context(prec=6, rounding=ROUND_DOWN)
_NOMINAL = {"V": 230, "A": 3.6, "kW": 0.8, "kvar": 0.2, "kVA": 0.83, "Hz": 50, "%": 2, "": 0.96, "deg": 20}
_ENERGIES = frozenset({"kWh", "kvarh", "kVAh"})
# What is drawn on average, in kW: as much as the power says.
_RATES = {"1-0:1.8.0": Decimal("0.8"), "1-0:9.8.0": Decimal("0.83")}
_RATE = Decimal("0.1")
_SECONDS = 3600
_EPOCH = 1_767_225_600  # 2026 began


class ModbusUnit:
    """One unit. `examples` are the model's own values for ratios, exponents and texts, by name.

    `length` is that of a SunSpec block, whose model `block` the unit has.
    """

    def __init__(  # noqa: PLR0913 (what a unit is)
        self,
        unit: int,
        found: RegisterMap,
        *,
        model: str = "",
        seed: int = 0,
        examples: dict[str, str] | None = None,
        block: int = 0,
        length: int = 0,
    ) -> None:
        self.unit = unit
        self.model = model
        self.seed = seed
        self.requests: Counter[int] = Counter()
        self._examples = examples or {}
        self._image: tuple[int, dict[tuple[int, int], int]] = (-1, {})
        self._extra: dict[tuple[int, int], int] = {}
        self.map = self._placed(found, block, length) if block else found
        readable = join(self.map.registers, self.map)
        self._readable = {(one.function, at) for one in readable for at in range(one.start, one.end)}
        self._readable |= self._extra.keys()
        # What a request may read more than is wanted, so that lengths differ.
        for one in readable:
            self._readable |= {(one.function, at) for at in range(one.end, one.end + min(self.map.gap, 16))}
        self._readable -= {
            (code, at) for code, low, high in self.map.forbidden for at in range(low, high + 1)
        }

    @property
    def address(self) -> str:
        """The unit as the archive writes it."""
        return str(self.unit)

    def _placed(self, found: RegisterMap, block: int, length: int) -> RegisterMap:
        """A SunSpec map: mark, common model, the meter's model, end."""
        start = SUNSPEC_BASE + 2 + 2 + _COMMON_LENGTH
        heads = {
            SUNSPEC_BASE: 0x5375,
            SUNSPEC_BASE + 1: 0x6E53,
            SUNSPEC_BASE + 2: _COMMON,
            SUNSPEC_BASE + 3: _COMMON_LENGTH,
            start: block,
            start + 1: length,
            start + 2 + length: _END,
            start + 3 + length: 0,
        }
        self._extra = {(3, at): 0 for at in range(SUNSPEC_BASE, start + 4 + length)}
        self._extra |= {(3, at): word for at, word in heads.items()}
        return found.located({block: start})

    # -- figures ------------------------------------------------------------------------------------------------

    def value(self, point: str, now: datetime) -> Decimal | str | None:
        """What a point's register shows at an aware instant, scaled; raises CatalogueError for an unknown one."""
        register = self.map.find(point)
        raw = self._raw(register, now)
        if not isinstance(raw, Decimal):
            return raw
        shown = (raw + register.add) * register.scale * self._factor(register, now)
        for name in register.plus:
            more = self.value(name, now)
            shown += more if isinstance(more, Decimal) else 0
        return shown

    def _raw(self, register: Register, now: datetime) -> Decimal | str | None:
        if register.plus:
            register = self._part(register)
        example = self._examples.get(register.name)
        if register.kind == "text":
            return example or self.model
        wanted = Decimal(example) if example else self._figure(register, now)
        if register.kind.startswith("sign"):
            return Decimal(-1 if self._noise(register.name, now, 2) < 0 else 1)
        raw = raw_of(register, wanted, self._factor(register, now))
        raw = abs(raw) if register.kind[0] == "u" else raw
        most = largest(register.kind)
        if most is not None and abs(raw) > most:
            return Decimal(most)
        return raw

    def _part(self, total: Register) -> Register:
        """The register that stands where a sum begins."""
        return next(one for one in self.map.registers if one.places == total.places and not one.plus)

    def _factor(self, register: Register, now: datetime) -> Decimal:
        factor = Decimal(1)
        for name in register.times:
            factor *= self._number(name, now)
        if register.exponent:
            factor = factor.scaleb(int(self._number(register.exponent, now)))
        return factor

    def _number(self, name: str, now: datetime) -> Decimal:
        value = self.value(name, now)
        return value if isinstance(value, Decimal) else Decimal(1)

    def _figure(self, register: Register, now: datetime) -> Decimal:
        """A plausible value in the register's unit: energies rise, the rest wobbles around what is usual."""
        name = register.point or register.name
        rng = random.Random(f"{self.seed} {self.unit} {name}")
        if register.unit in _ENERGIES:
            hours = Decimal(max(0, int(now.timestamp()) - _EPOCH)) / _SECONDS
            figure = Decimal(rng.randint(1_000, 3_000)) + hours * _RATES.get(name, _RATE)
        else:
            usual = _NOMINAL.get(register.unit, 1)
            figure = Decimal(usual) * Decimal(
                1 + 0.02 * self._noise(name, now, 0.05 if usual == 50 else 1)
            ).quantize(Decimal("0.0001"))
        known = find(register.point)
        is_negative = (
            register.kind[0] != "u"
            and known is not None
            and known.kind == "instantaneous"
            and register.unit == "kvar"
        )
        return _SIX.plus(-figure if is_negative else figure)

    def _noise(self, name: str, now: datetime, size: float) -> float:
        """Between minus and plus `size`, changing with the minute."""
        phase = random.Random(f"{self.seed} {self.unit} {name}").uniform(0, 2 * math.pi)
        return size * math.sin(phase + int(now.timestamp()) // 60)

    # -- requests -----------------------------------------------------------------------------------------------

    def image(self, now: datetime) -> dict[tuple[int, int], int]:
        """All registers as they stand in the second of an instant."""
        if self._image[0] == int(now.timestamp()):
            return self._image[1]
        image = dict.fromkeys(self._readable, 0) | self._extra
        for register in self.map.registers:
            if register.plus:
                continue  # a sum stands nowhere
            held = image.get(register.places[0], 0)
            words = words_of(register, self._raw(register, now), held)
            image.update(zip(register.places, words, strict=True))
        self._image = int(now.timestamp()), image
        return image

    def answer(self, request: Frame, now: datetime) -> Frame:
        """The reply to a request; anything but reading is an illegal function here."""
        self.requests[request.function] += 1
        code, data = self._read(request, now)
        if code:
            return Frame(request.unit, request.function | REFUSED, bytes([code]), request.transaction)
        return Frame(request.unit, request.function, bytes([len(data)]) + data, request.transaction)

    def _read(self, request: Frame, now: datetime) -> tuple[int, bytes]:
        function = request.function
        if function not in LONGEST:
            return ILLEGAL_FUNCTION, b""
        start, count = int.from_bytes(request.body[:2], "big"), int.from_bytes(request.body[2:4], "big")
        if not 1 <= count <= (LONGEST[function] if function in BITS else self.map.limit):
            return ILLEGAL_VALUE, b""
        places = [(function, at) for at in range(start, start + count)]
        if not self._readable.issuperset(places):
            return ILLEGAL_ADDRESS, b""
        image = self.image(now)
        words = [image[place] for place in places]
        if function in BITS:
            bits = sum(word << at for at, word in enumerate(words))
            return 0, bits.to_bytes((count + 7) // 8, "little")
        return 0, b"".join(word.to_bytes(2, "big") for word in words)
