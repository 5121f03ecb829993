"""What an ERTU says unasked between answers: single points that changed, and that it was started anew."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from drivers.surroundings import Surroundings, TerminalEvent
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import decode_body
from protocols.iec102.dialect import Dialect
from protocols.iec102.stamp import Stamp
from protocols.reading import Event

__all__ = ["events_of"]

_POINT, _INITIALISED = 1, 70
_ON = 0x01


def events_of(asdu: Asdu, target: str, dialect: Dialect, around: Surroundings) -> Iterator[TerminalEvent]:
    """The events that a piece of application data tells of."""
    if asdu.type == _INITIALISED:
        yield _event(target, "restart", "ERTU restarted", around, {})
    if asdu.type == _POINT:
        for one in decode_body(asdu, dialect).objects:
            number = one.parts["point"]
            yield _event(target, f"SP{number}", f"single point {number}", around, one.parts)


def _event(target: str, ident: str, name: str, around: Surroundings, parts: Any) -> TerminalEvent:
    state = parts.get("state")
    detail = "{}" if state is None else f'{{"on": {str(bool(state & _ON)).lower()}, "quality": {state >> 1}}}'
    return TerminalEvent(
        target=target,
        event=Event(
            meter=target,
            id=f"iec102:{ident}",
            name=name,
            began=_aware(parts.get("time"), around.tz) or around.now(),
            ended=None,
            detail=detail,
            read_at=around.now(),
            source=target,
        ),
        important=False,
    )


def _aware(stamp: Stamp | None, tz: tzinfo) -> Any:
    return None if stamp is None or stamp.at is None or stamp.invalid else stamp.at.replace(tzinfo=tz)
