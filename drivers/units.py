"""Which Modbus units are on a link: each number is asked for one register; a refusal is an answer too."""

from collections.abc import Callable, Iterable

from drivers.errors import NoAnswer
from drivers.inquiry import Converses
from drivers.pump import Timing
from protocols.errors import MeterRefused
from protocols.session import Question, Session

__all__ = ["UNITS", "UnitSearch"]

UNITS = range(1, 248)
_ANY_REGISTER = "3/0"


class UnitSearch:
    """A search by asking one number after another; `on_probe` is told each before it is asked."""

    def __init__(
        self, exchange: Converses, session: Session, timing: Timing, on_probe: Callable[[str], None]
    ) -> None:
        self._exchange = exchange
        self._session = session
        self._timing = timing
        self._on_probe = on_probe

    async def search(self, units: Iterable[int] = UNITS) -> list[str]:
        """The numbers that answer; raises LinkLost."""
        return [str(unit) for unit in units if await self._answers(str(unit))]

    async def _answers(self, unit: str) -> bool:
        self._on_probe(unit)
        question = Question(address=unit, id=_ANY_REGISTER, count=1)
        try:
            await self._exchange.converse(self._session, question, self._timing)
        except MeterRefused:
            return True
        except NoAnswer:
            return False
        return True
