"""Meter models as data: `<model>.toml`, each with its own test vectors."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from config.models.form import ModelError, checked

__all__ = ["ModelError", "known_models", "load_model"]


@cache
def known_models() -> tuple[str, ...]:
    """Names of all models."""
    files = (entry.name for entry in resources.files("config.models").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


@cache
def load_model(name: str) -> dict[str, Any]:
    """A model's table; raises KeyError for a name that is not known, ModelError for one that is not right."""
    if name not in known_models():
        raise KeyError(name)
    text = resources.files("config.models").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return checked(name, tomllib.loads(text))
