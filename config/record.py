"""What every table of settings is made of: the record they share, and numbers with their ranges."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Energy", "Factor", "Record", "Seconds"]

Seconds = Annotated[float, Field(ge=0, le=31_536_000)]
Energy = Annotated[float, Field(ge=0, le=1_000_000_000)]
Factor = Annotated[float, Field(ge=0, le=1_000_000)]


class Record(BaseModel):
    """One table: frozen, without unknown keys; the text beside a key is its meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, defer_build=True)
