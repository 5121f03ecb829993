"""The buses of a configuration: one for each physical channel, with link, gate and driver from the tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.schema import SendSwitches, Settings, Target
from drivers import DRIVERS, Gate, make_link
from drivers.gate import build_gate
from gateway.airtime import bus_wire, group_targets, in_service
from gateway.bus import Bus
from gateway.clock import Clock
from protocols import PROTOCOLS
from protocols.session import Effect

__all__ = ["build_buses", "gate_of", "switched_on"]

ModelOf = Callable[[Meter], Mapping[str, Any]]
OnState = Callable[[Bus, bool], None]


def switched_on(send: SendSwitches) -> list[Effect]:
    """The effects whose switches are on."""
    return [Effect(name) for name, on in send if on]


def gate_of(protocols: Iterable[str], send: SendSwitches) -> Gate:
    """The send gate of a channel on which these protocols are spoken."""
    return build_gate([PROTOCOLS[name].classify for name in sorted(set(protocols))], switched_on(send))


def build_buses(
    settings: Settings, archive: Archive, clock: Clock, model_of: ModelOf, on_state: OnState | None = None
) -> dict[str, Bus]:
    """Every target's bus by the target's name; targets on one channel share theirs. Nothing is opened yet."""
    buses: dict[str, Bus] = {}
    for group in group_targets(settings.target):
        bus = _build(group, settings, archive, clock, model_of, on_state)
        buses.update((target.name, bus) for target in group)
    return buses


def _build(
    group: Sequence[Target],
    settings: Settings,
    archive: Archive,
    clock: Clock,
    model_of: ModelOf,
    on_state: OnState | None,
) -> Bus:
    first = group[0]
    meters = [meter for target in group for meter in in_service(archive, target.name)]
    gate = gate_of((meter.protocol for meter in meters), settings.send)
    baud = bus_wire(first, meters).baud or None
    link = make_link(first.name, first.link, gate, baud=baud, latency_ms=first.latency_ms)
    driver = DRIVERS[first.driver](
        link, tz=ZoneInfo(settings.gateway.timezone), now=clock.now, model=model_of
    )
    return Bus(group, link, driver, clock=clock, on_state=on_state)
