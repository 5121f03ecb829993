"""Which meters hang on a bus: everybody is asked at once, and where several answer, by more and more digits.

Meters answer an address of AA bytes with their own. When several do at once their frames collide; then their
low digits are tried pair by pair (short addressing), which only the meters with these digits answer.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from drivers.errors import NoAnswer
from drivers.pump import Pump, Timing
from protocols.errors import MeterRefused
from protocols.session import Question, Session

__all__ = ["Discovery"]

_DIGITS = 12
# Noise on a line of the wrong speed looks like a collision at every address: a search that has heard only
# noise so often is given up, and any search after so many questions.
_NOISES = 60
_PROBES = 5000


class _Heard(Enum):
    NOBODY = 0
    ONE = 1
    MANY = 2


class Discovery:
    """A search for the meters of one protocol at one speed.

    `ids` are identifiers that every meter has; the later ones are asked of everybody if the first
    finds nobody.
    `on_probe` is told the address pattern before each question.
    """

    def __init__(
        self,
        pump: Pump,
        session: Session,
        timing: Timing,
        ids: Sequence[str],
        on_probe: Callable[[str], None],
    ) -> None:
        self._pump = pump
        self._session = session
        self._timing = timing
        self._ids = ids
        self._on_probe = on_probe
        self._left = _PROBES
        self._noises = 0
        self.found: list[str] = []

    @property
    def exhausted(self) -> bool:
        """Whether the search ended before it was complete."""
        return self._left <= 0 or (self._noises >= _NOISES and not self.found)

    async def search(self, low: str = "") -> list[str]:
        """All addresses that end in the digits `low`, also kept in `found`; raises LinkLost."""
        heard = await self._probe(low, self._ids[0])
        for identifier in self._ids[1:] if heard is _Heard.NOBODY and not low else ():
            heard = await self._probe(low, identifier)
        if heard is _Heard.MANY and len(low) < _DIGITS:
            for pair in range(100):
                await self.search(f"{pair:02d}{low}")
        return self.found

    async def _probe(self, low: str, identifier: str) -> _Heard:
        """Ask whoever has these low digits, twice if that gives nothing but noise."""
        for _ in range(2):
            if self.exhausted:
                return _Heard.NOBODY
            self._left -= 1
            heard = await self._ask(low, identifier)
            if heard is not None:
                return heard
        return _Heard.MANY

    async def _ask(self, low: str, identifier: str) -> _Heard | None:
        pattern = low.rjust(_DIGITS, "A")
        self._on_probe(pattern)
        try:
            answer = await self._pump.converse(
                self._session, Question(address=pattern, id=identifier), self._timing
            )
        except MeterRefused as error:
            # It is there, and alone, or its frame would not have been whole.
            self._add(error.address)
            return _Heard.ONE
        except NoAnswer as error:
            self._noises += error.noise
            return None if error.noise else _Heard.NOBODY
        self._add(answer.address)
        if await self._pump.overhear(self._timing):
            # A second meter answered a little later.
            return _Heard.MANY
        return _Heard.ONE if answer.address.isdecimal() else _Heard.NOBODY

    def _add(self, address: str) -> None:
        """Keep an address; some meters repeat the wildcard in place of their own."""
        if address.isdecimal() and address not in self.found:
            self.found.append(address)
