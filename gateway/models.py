"""Meter models by what the archive says of a meter."""

import functools
from collections.abc import Mapping
from typing import Any

from config.archive import Meter
from config.models import load_model

__all__ = ["model_of"]


@functools.cache
def _by_name(name: str) -> Mapping[str, Any]:
    return load_model(name)


def model_of(meter: Meter) -> Mapping[str, Any]:
    """The model that the archive names, or the protocol's own; raises ConfigError for an unknown one."""
    return _by_name(meter.model or meter.protocol)
