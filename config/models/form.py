"""What a meter model's file may say; a mistake in one is found when it is loaded."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.models.errors import ModelError
from protocols.dlt645.value import decode_any
from protocols.errors import CatalogueError
from protocols.modbus.registers import FAMILY

__all__ = ["checked"]

_GENERATION = {"dlt645-1997": "1997", "dlt645-2007": "2007"}
_DIGITS = {"1997": 4, "2007": 8}


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Override(_Form):
    format: str | None = None
    length: Annotated[int, Field(ge=1, le=200)] | None = None
    scale: int | float | str | None = None


class _Vector(_Form):
    frame: Annotated[str, Field(pattern=r"^([0-9A-F]{2}){12,}$")]
    values: Annotated[dict[str, str | None], Field(min_length=1)]


class _Model(_Form):
    protocol: Literal["dlt645-1997", "dlt645-2007"]
    name: str
    name_zh: str
    blocks: bool
    load_record: bool
    daily_freeze: bool
    settlement: bool
    wakeup: Annotated[int, Field(ge=0, le=16)] = 4
    tariffs: Annotated[int, Field(ge=0, le=63)] = 4
    clock: str | None = None
    overrides: dict[str, _Override] = {}
    vectors: Annotated[list[_Vector], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> "_Model":
        generation = _GENERATION[self.protocol]
        for di, override in self.overrides.items():
            if len(di) != _DIGITS[generation] or di != di.upper():
                raise ValueError(f"overrides.{di}: no identifier of {self.protocol}")
            own = override.model_dump(exclude_none=True)
            try:
                decode_any(generation, di, bytes(200), {di: own})
            except (CatalogueError, ValueError, ArithmeticError) as error:
                raise ValueError(f"overrides.{di}: {error}") from error
        return self


def checked(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a model, if it is right, with what is made of it once and for all; raises ModelError."""
    try:
        if table.get("protocol") == FAMILY:
            # Its rules take 3 MiB, which a gateway without such meters has for others.
            from config.models.registers import ModbusForm

            return dict(table) | ModbusForm.model_validate(table).extras()
        _Model.model_validate(table)
    except ValidationError as error:
        whys = (f"{'.'.join(map(str, flaw['loc'])) or 'model'}: {flaw['msg']}" for flaw in error.errors())
        raise ModelError(f"model {name}: " + "; ".join(whys)) from error
    return dict(table)
