"""Which requests bring the registers of the points that are wanted: as few as the device's rules allow."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.errors import CatalogueError
from protocols.modbus.pdu import BITS, LONGEST, answer_bytes
from protocols.modbus.registers import Register, RegisterMap, parse
from protocols.session import Question

__all__ = [
    "Planned",
    "Prepared",
    "Request",
    "halves",
    "join",
    "map_of",
    "plan",
    "points_of",
    "prepare",
    "question_of",
    "request_of",
]

# Where a discovered model's block is taken to be as long as nobody has looked: only its size matters then.
_USUAL_BASE = 40_070
_LAST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Request:
    """Registers `start` to `start + count - 1`, read by one function."""

    function: int
    start: int
    count: int

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.start + self.count

    def covers(self, register: Register) -> bool:
        """Whether its answer has all of a register's words."""
        inside = self.start <= register.at and register.at + register.words <= self.end
        return register.function == self.function and inside


@dataclass(frozen=True, slots=True)
class Planned:
    """A question and the points that its answer helps to."""

    question: Question
    points: tuple[str, ...]


def map_of(model: Mapping[str, Any]) -> RegisterMap:
    """A model's register map; one that is loaded has it ready."""
    ready = model.get("map")
    return ready if isinstance(ready, RegisterMap) else parse(model)


def join(
    registers: Iterable[Register], found: RegisterMap, *, apart: bool = False, before: Request | None = None
) -> list[Request]:
    """The fewest requests that read these registers, none of them cut in two.

    From the lowest address on, each request takes in what follows as long as the limit, the widest gap and the
    forbidden registers allow; with a bound on the length and none on the number this is the least possible.
    With `apart` no two requests of one function, nor the one asked `before`, have the same length where the gap
    allows one register more: on a serial line, where replies carry no number, the reply to one can then not be
    taken for the other's.
    """
    requests: list[Request] = []
    for register in sorted(registers, key=lambda one: (one.function, one.at, one.words)):
        if requests and (wider := _widened(requests[-1], register, found)):
            requests[-1] = wider
        else:
            requests.append(Request(register.function, register.at, register.words))
    return _apart(requests, found, before) if apart else requests


def _limit(function: int, found: RegisterMap) -> int:
    return LONGEST[function] if function in BITS else min(found.limit, LONGEST[function])


def _widened(request: Request, register: Register, found: RegisterMap) -> Request | None:
    """The request with a register more; None if that is one too many, too far, or beyond forbidden ones."""
    end = max(request.end, register.at + register.words)
    is_far = register.function != request.function or register.at - request.end > found.gap
    if is_far or end - request.start > _limit(request.function, found):
        return None
    if _is_forbidden(found, request.function, request.end, register.at):
        return None
    return Request(request.function, request.start, end - request.start)


def _is_forbidden(found: RegisterMap, function: int, first: int, end: int) -> bool:
    return any(code == function and low < end and high >= first for code, low, high in found.forbidden)


def _apart(requests: Sequence[Request], found: RegisterMap, before: Request | None) -> list[Request]:
    lengths = {shape_of(before): before.start} if before else {}
    different: list[Request] = []
    for request in requests:
        chosen = next(
            (one for one in _wider(request, found) if lengths.get(shape_of(one), one.start) == one.start),
            request,
        )
        lengths[shape_of(chosen)] = chosen.start
        different.append(chosen)
    return different


def _wider(request: Request, found: RegisterMap) -> Iterator[Request]:
    """The request, and what may be asked in its place: more and more registers at its end."""
    yield request
    for more in range(found.grain, found.gap + 1, found.grain):
        wider = Request(request.function, request.start, request.count + more)
        is_long = wider.count > _limit(request.function, found) or wider.end > _LAST + 1
        if is_long or _is_forbidden(found, request.function, request.end, wider.end):
            return
        yield wider


def shape_of(request: Request) -> tuple[int, int]:
    """What a reply on a serial line shows of its question: the function, and the length of the data."""
    return request.function, answer_bytes(request.function, request.count)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What some points of a map come from: their registers, all registers needed, and the requests for these.

    `unknown` says of each point that there is not why.
    """

    wanted: Mapping[str, Register]
    needed: tuple[Register, ...]
    requests: tuple[Request, ...]
    unknown: Mapping[str, str]


@functools.lru_cache(maxsize=64)
def prepare(found: RegisterMap, points: tuple[str, ...], apart: bool, before: Request | None) -> Prepared:
    """The plan for these points; see `join` for `apart` and `before`. The same points are asked for in every slot."""
    wanted: dict[str, Register] = {}
    unknown: dict[str, str] = {}
    for point in points:
        try:
            wanted[point] = found.find(point)
        except CatalogueError as error:
            unknown[point] = str(error)
    needed = (*found.needed(wanted.values()), *found.marks()) if wanted else ()
    return Prepared(wanted, needed, tuple(join(needed, found, apart=apart, before=before)), unknown)


def question_of(request: Request, address: str) -> Question:
    """A request as the question that sessions take."""
    return Question(address=address, id=f"{request.function}/{request.start}", count=request.count)


def request_of(question: Question) -> Request:
    """The request of a question; raises CatalogueError for one that is none."""
    function, _, start = question.id.partition("/")
    try:
        return Request(int(function), int(start), question.count or 1)
    except ValueError:
        raise CatalogueError(f"{question.id} is no request of Modbus") from None


def halves(request: Request, registers: Iterable[Register], found: RegisterMap) -> list[Request]:
    """What to ask in place of a request that the device refused: its registers in two parts; none for a single one."""
    inside = sorted((one for one in registers if request.covers(one)), key=lambda one: (one.at, one.words))
    middle = len(inside) // 2
    parts = [join(part, found) for part in (inside[:middle], inside[middle:])] if middle else []
    asked = [one for part in parts for one in part]
    return [one for one in dict.fromkeys(asked) if one != request]


def plan(
    points: Sequence[str],
    want: str,
    *,
    at: datetime | None = None,
    model: Mapping[str, Any],
    address: str,
    k: int = 1,
) -> list[Planned]:
    """The questions for these points, live; raises CatalogueError for a point or a memory that there is not."""
    del at, k  # of memories that Modbus meters do not have
    if want != "live":
        raise CatalogueError(f"Modbus meters are read live; there is no {want}")
    found = map_of(model)
    if found.discovery:
        found = found.located(dict.fromkeys(list(found.blocks)[:1], _USUAL_BASE))
    wanted = {point: found.find(point) for point in dict.fromkeys(points)}
    needed = found.needed(wanted.values())
    return [
        Planned(
            question_of(request, address),
            tuple(point for point, register in wanted.items() if request.covers(register)),
        )
        for request in join(needed, found)
    ]


def points_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """Every point of a model; registers that only scale others are left out."""
    found = map_of(model)
    found = found.located(dict.fromkeys(found.blocks, 0)) if found.discovery else found
    factors = {name for register in found.registers for name in register.factors}
    return tuple(register.point for register in found.registers if register.name not in factors)
