"""What must hold between a target's driver and link and the meters that hang on it."""

from collections.abc import Iterator, Sequence

from config.archive import Archive, Meter
from config.link import LinkError, parse_link
from config.locate import Place
from config.models import known_models, load_model
from config.schema import Settings, Target
from config.text import say
from protocols import PROTOCOLS

__all__ = ["mistakes"]

Mistake = tuple[Place, str, str]
# Links that carry bytes as on a serial line: nothing there tells where a Modbus TCP frame begins.
_SERIAL = frozenset({"serial", "rtutcp"})


def mistakes(settings: Settings, archive: Archive) -> Iterator[Mistake]:
    """Place in the file, message, and what was expected; of several meters with the same mistake the first."""
    yield from _mixed(settings.target)
    for index, target in enumerate(settings.target):
        named: set[Place] = set()
        for meter in archive.by_target.get(target.name, ()):
            for mistake in _meter(index, target, meter) if meter.protocol in PROTOCOLS else ():
                if mistake[0] not in named:
                    named.add(mistake[0])
                    yield mistake


def _mixed(targets: Sequence[Target]) -> Iterator[Mistake]:
    """One channel is served by one driver."""
    first: dict[str, Target] = {}
    for index, target in enumerate(targets):
        try:
            other = first.setdefault(parse_link(target.link).key, target)
        except LinkError:
            continue
        if other.driver != target.driver:
            message = say(
                f"{target.name} and {other.name} share a channel and need one driver",
                f"{target.name} 与 {other.name} 共用通道，驱动须相同",
            )
            yield ("target", index, "driver"), message, other.driver


def _meter(index: int, target: Target, meter: Meter) -> Iterator[Mistake]:
    kind = PROTOCOLS[meter.protocol]
    if kind.driver != target.driver:
        message = say(
            f"meter {meter.asset_no} of {target.name} speaks {meter.protocol}",
            f"{target.name} 的电表 {meter.asset_no} 的规约为 {meter.protocol}",
        )
        yield ("target", index, "driver"), message, kind.driver
    if meter.protocol == "modbus-tcp" and target.link.partition(":")[0] in _SERIAL:
        message = say(
            f"meter {meter.asset_no}: frames of modbus-tcp do not go over this link",
            f"电表 {meter.asset_no}：此链路不能传送 modbus-tcp 报文",
        )
        yield (
            ("target", index, "link"),
            message,
            say("protocol modbus-rtu, or tcp://", "规约 modbus-rtu，或 tcp://"),
        )
    if _is_multiplied_twice(meter):
        message = say(
            f"meter {meter.asset_no}: model {meter.model} gives primary values, and the archive has ratios too",
            f"电表 {meter.asset_no}：表型 {meter.model} 给出一次侧值，档案中又有变比",
        )
        expected = say("register_is_primary yes, or ct and pt 1", "register_is_primary 为是，或 ct、pt 为 1")
        yield ("target", index, "name"), message, expected


def _is_multiplied_twice(meter: Meter) -> bool:
    if meter.model not in known_models() or load_model(meter.model).get("basis") != "primary":
        return False
    return not meter.register_is_primary and (meter.ct != 1 or meter.pt != 1)
