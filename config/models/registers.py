"""What the file of a Modbus model may say: its registers, how they are asked for, and vectors of words."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from protocols.errors import CatalogueError
from protocols.modbus.registers import FAMILY, Image, RegisterMap, parse

__all__ = ["ModbusForm", "image_of"]

# fmt: off
_Kind = Literal[
    "bit", "sign0", "sign1", "sign2", "sign3", "sign4", "sign5", "sign6", "sign7", "sign8", "sign9", "sign10",
    "sign11", "sign12", "sign13", "sign14", "sign15", "high8", "low8", "s_high8", "s_low8", "u16", "s16", "u32",
    "s32", "u48", "u64", "s64", "float32", "float64", "bcd16", "bcd32", "bcd64", "text",
]
# fmt: on
_Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
_Function = Annotated[int, Field(ge=1, le=4)]
_Address = Annotated[int, Field(ge=0, le=0xFFFF)]
_Number = Annotated[str, Field(pattern=r"^-?\d{1,12}(\.\d{1,12})?$")]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Register(_Form):
    at: _Address
    point: str = ""
    name: _Name | Literal[""] = ""
    unit: str | None = None
    function: _Function | None = None
    type: _Kind | None = None
    order: _Order | None = None
    length: Annotated[int, Field(ge=1, le=123)] | None = None
    scale: _Number | None = None
    add: _Number | None = None
    times: list[_Name] | None = None
    exponent: _Name | None = None
    plus: list[_Name] | None = None
    none: list[Annotated[int, Field(ge=0, lt=1 << 64)]] | None = None
    example: str | None = None


class _Block(_Form):
    id: _Address
    length: _Address
    registers: Annotated[list[_Register], Field(min_length=1)]


class _Vector(_Form):
    words: Annotated[dict[str, Annotated[str, Field(pattern=r"^[0-9A-F ]+$")]], Field(min_length=1)]
    values: Annotated[dict[str, str | None], Field(min_length=1)]
    block: _Address | None = None


class ModbusForm(_Form):
    """A model's file."""

    protocol: Literal["modbus"]
    name: str
    name_zh: str
    source: Annotated[list[str], Field(min_length=1)]
    basis: Literal["primary", "secondary"]
    function: _Function = 3
    type: _Kind = "u16"
    order: _Order = "ABCD"
    none: dict[_Kind, list[int]] = {}
    limit: Annotated[int, Field(ge=1, le=125)] = 125
    gap: Annotated[int, Field(ge=0, le=124)] = 0
    grain: Annotated[int, Field(ge=1, le=4)] = 1
    forbidden: list[Annotated[list[int], Field(min_length=3, max_length=3)]] = []
    generic: bool = False
    discovery: Literal["", "sunspec"] = ""
    block: list[_Block] = []
    registers: list[_Register] = []
    vectors: Annotated[list[_Vector], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> "ModbusForm":
        if (
            bool(self.block) != bool(self.discovery)
            or bool(self.block) + bool(self.registers) + self.generic != 1
        ):
            raise ValueError("give registers, or discovery and block, or generic = true")
        self.map()
        return self

    def map(self) -> RegisterMap:
        """The registers as records; raises ValueError."""
        try:
            return parse(self.model_dump(exclude_none=True))
        except (CatalogueError, KeyError, IndexError) as error:
            raise ValueError(str(error)) from error

    def extras(self) -> dict[str, Any]:
        """What a loaded model has beside its table."""
        return {
            "family": FAMILY,
            "map": self.map(),
            "daily_freeze": False,
            "load_record": False,
            "settlement": False,
        }


def image_of(words: dict[str, str]) -> Image:
    """The registers that a vector gives: `{"4/0" = "4366 3333"}`, for bits one digit each; raises ValueError."""
    image: dict[tuple[int, int], int] = {}
    for place, text in words.items():
        function, _, start = place.partition("/")
        digits = "".join(text.split())
        width = 1 if function in ("1", "2") else 4
        if len(digits) % width:
            raise ValueError(f"{place}: {len(digits)} hex digits are no whole registers")
        for offset in range(len(digits) // width):
            image[int(function), int(start, 0) + offset] = int(
                digits[offset * width : (offset + 1) * width], 16
            )
    return image
