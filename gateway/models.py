"""Meter models by what the archive says of a meter."""

from collections.abc import Mapping
from typing import Any

from config.archive import Meter
from config.models import known_models, load_model
from protocols import PROTOCOLS

__all__ = ["model_of"]


def model_of(meter: Meter) -> Mapping[str, Any]:
    """The model that the archive names, or the protocol's own; raises ValueError for an unknown one.

    Meters that speak only through other equipment have none.
    """
    if meter.protocol not in PROTOCOLS:
        return {}
    name = meter.model or meter.protocol
    if name not in known_models():
        raise ValueError(f"model {name}: expected {', '.join(sorted(known_models()))}")
    found = load_model(name)
    if found["protocol"] != PROTOCOLS[meter.protocol].family:
        raise ValueError(f"model {name} is one of {found['protocol']}, not of {meter.protocol}")
    return found
