"""What the quality of supply is held against, beside what the archive says of each meter."""

from typing import Annotated, Literal

from pydantic import Field

from config.record import Record

__all__ = ["Quality"]

Code = Annotated[str, Field(min_length=1, max_length=64, examples=["T1"])]
TariffName = Annotated[str, Field(min_length=1, max_length=20, examples=["peak"])]


class Quality(Record):
    """[quality]: standards of `meterd quality` that no archive says: town or country, size of the system, peak."""

    reliability: Literal["urban", "rural"] = "urban"
    """Which reliability of supply is promised where the two lists say nothing: urban 99.89 %, rural 99 %."""
    urban: tuple[Code, ...] = ()
    """Codes of transformers and lines in town; a transformer in no list goes with its line."""
    rural: tuple[Code, ...] = ()
    """Codes of transformers and lines in the country; a code in both lists is in town."""
    small_system: bool = False
    """A system below 3,000 MW: the frequency may be 0.5 Hz off instead of 0.2 Hz."""
    peak: tuple[TariffName, ...] = ("sharp", "peak", "尖", "峰")
    """Names of the tariffs that are peak, where customers of 100 kVA and more must reach a power factor of 0.90."""

    def area(self, transformer: str, line: str) -> str:
        """`urban` or `rural` by the code of a transformer and of its line, either of which may be empty."""
        for code in (transformer, line):
            if code and code in self.urban:
                return "urban"
            if code and code in self.rural:
                return "rural"
        return self.reliability
