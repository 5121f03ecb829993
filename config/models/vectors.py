"""Runs the test vectors that a model's file carries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.models.registers import image_of
from protocols import PROTOCOLS
from protocols.dlt645.frame import Frame, Splitter
from protocols.errors import CatalogueError, MeterRefused
from protocols.modbus.plan import map_of
from protocols.modbus.registers import FAMILY
from protocols.session import Answer, Item, Question

__all__ = ["Outcome", "outcomes"]

_DI_BYTES = {"dlt645-1997": 2, "dlt645-2007": 4}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one value of one vector; `vector` counts from 1, `found` is None for no value."""

    vector: int
    point: str
    expected: str | None
    found: str | None
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the model says what its vector says."""
        return not self.error and self.found == self.expected


def outcomes(model: Mapping[str, Any]) -> Iterator[Outcome]:
    """Every value of every vector of a model that was loaded."""
    run = _registers if model["protocol"] == FAMILY else _frame
    for number, vector in enumerate(model["vectors"], 1):
        yield from run(number, model, vector)


def _outcome(number: int, point: str, expected: str | None, item: Item | None) -> Outcome:
    if item is None:
        return Outcome(number, point, expected, None, "not in the words of the vector")
    return Outcome(number, point, expected, None if item.value is None else str(item.value), item.error or "")


def _registers(number: int, model: Mapping[str, Any], vector: Mapping[str, Any]) -> Iterator[Outcome]:
    found = map_of(model)
    if "block" in vector:
        found = found.located({vector["block"]: 0})
    for point, expected in vector["values"].items():
        try:
            item = found.item(found.find(point), image_of(vector["words"]))
        except (CatalogueError, ValueError) as error:
            yield Outcome(number, point, expected, None, str(error))
        else:
            yield _outcome(number, point, expected, item)


def _frame(number: int, model: Mapping[str, Any], vector: Mapping[str, Any]) -> Iterator[Outcome]:
    """A reply of DL/T 645 through a session, as it would come from the meter."""
    raw = bytes.fromhex(vector["frame"])
    frames = [frame for frame in Splitter().feed(raw) if isinstance(frame, Frame)]
    if len(frames) != 1:
        yield from (
            Outcome(number, di, told, None, "no whole frame") for di, told in vector["values"].items()
        )
        return
    (frame,) = frames
    session = PROTOCOLS[model["protocol"]].session(model["wakeup"])
    di = frame.data[: _DI_BYTES[model["protocol"]]][::-1].hex().upper()
    try:
        session.ask(Question(address=frame.address, id=di, overrides=model.get("overrides")))
        answer = session.feed(raw)
    except (CatalogueError, MeterRefused) as error:
        yield from (Outcome(number, di, told, None, str(error)) for di, told in vector["values"].items())
        return
    items = {item.id: item for item in answer.items} if isinstance(answer, Answer) else {}
    for point, expected in vector["values"].items():
        yield _outcome(number, point, expected, items.get(point))
