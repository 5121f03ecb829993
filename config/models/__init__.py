"""Meter models as data: `<model>.toml`, each with its own test vectors."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["known_models", "load_model"]


@cache
def known_models() -> tuple[str, ...]:
    """Names of all models."""
    files = (entry.name for entry in resources.files("config.models").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


@cache
def load_model(name: str) -> dict[str, Any]:
    """A model's table; raises KeyError for a name that is not known."""
    if name not in known_models():
        raise KeyError(name)
    return tomllib.loads(
        resources.files("config.models").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    )
