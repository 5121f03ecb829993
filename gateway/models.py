"""Meter models by what the archive says of a meter."""

from collections.abc import Mapping
from typing import Any

from config.archive import Meter
from config.models import known_models, load_model

__all__ = ["model_of"]


def model_of(meter: Meter) -> Mapping[str, Any]:
    """The model that the archive names, or the protocol's own; raises ValueError for an unknown one."""
    name = meter.model or meter.protocol
    if name not in known_models():
        raise ValueError(f"model {name}: expected {', '.join(sorted(known_models()))}")
    return load_model(name)
