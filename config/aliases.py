"""What a utility's own tables call columns and values: `aliases.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["aliases", "names_of"]


@cache
def aliases() -> dict[str, Any]:
    """Headers and values by table, as `aliases.toml` has them."""
    return tomllib.loads(resources.files("config").joinpath("aliases.toml").read_text(encoding="utf-8"))


@cache
def names_of(table: str) -> dict[str, str]:
    """Every header that a table may have, in lower case, with the field it names."""
    known = aliases()[table].items()
    return {name.lower(): field for field, others in known for name in (field, *others)}
