"""Which memory of a meter a task's slots come from, and whether a meter has a point there."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from config.models import load_model
from config.schema import Task
from protocols import PROTOCOLS
from protocols.errors import CatalogueError
from protocols.outer import OUTERS

__all__ = ["forget", "keeping", "memory_of", "table_of", "why_not"]

_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - meters know local time only
_ADDRESS = "000000000001"


def memory_of(task: Task, model: Mapping[str, Any]) -> str:
    """live, freeze, load_record or settlement."""
    if task.source != "auto":
        return task.source
    if task.every == "1d" and model.get("daily_freeze"):
        return "freeze"
    if task.every == "1mo" and model.get("settlement"):
        return "settlement"
    return "live"


def keeping(driver: str, model: Mapping[str, Any]) -> Mapping[str, Any]:
    """A model as it looks behind the equipment of a driver: what that keeps, its meters need not."""
    outer = OUTERS.get(driver)
    return {**model, **outer.keeps} if outer is not None and outer.keeps else model


def table_of(driver: str, protocol: str, model: str) -> Mapping[str, Any]:
    """What meters of a protocol and model, read by a driver, are and keep."""
    return keeping(driver, load_model(model or protocol) if protocol in PROTOCOLS else {})


def forget() -> None:
    """Models have changed: what was found out about them holds no more."""
    why_not.cache_clear()


@cache
def why_not(driver: str, protocol: str, model: str, memory: str, point: str) -> str:
    """Why meters of a protocol and model, read by a driver, have no such point in a memory; empty if they have it."""
    outer = OUTERS.get(driver)
    if outer is not None and outer.why_not is not None:
        return outer.why_not(point, memory)
    table = load_model(model or protocol)
    try:
        PROTOCOLS[protocol].plan([point], memory, at=_SOME_DAY, model=table, address=_ADDRESS, k=1)
    except CatalogueError as error:
        return str(error)
    return ""
