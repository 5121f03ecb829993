"""What must hold between a target's driver and link and the meters that hang on it."""

from collections.abc import Iterator, Sequence
from importlib import import_module

from config.archive import Archive, Meter
from config.link import LinkError, parse_link
from config.locate import Place
from config.models import known_models, load_model
from config.schema import Settings, Target
from config.text import say
from protocols import PROTOCOLS
from protocols.outer import BEHIND, OUTERS

__all__ = ["mistakes"]

Mistake = tuple[Place, str, str]
_RADIO_FRAME = 255
# Links that carry bytes as on a serial line: nothing there tells where a Modbus TCP frame begins.
_SERIAL = frozenset({"serial", "rtutcp"})
# Drivers whose meters are told apart by their measuring points.
_NUMBERED = frozenset({"concentrator", "terminal"})
# Drivers with rules of their own, imported only where they are used.
_MORE = {"ertu": "config.ertu.mistakes"}


def mistakes(settings: Settings, archive: Archive) -> Iterator[Mistake]:
    """Place in the file, message, and what was expected; of several meters with the same mistake the first."""
    yield from _mixed(settings.target)
    for index, target in enumerate(settings.target):
        yield from _address(index, target)
        yield from _frames(index, target)
        yield from _telephone(index, target)
        named: set[Place] = set()
        members = archive.by_target.get(target.name, ())
        yield from _points(index, target, members)
        if target.driver in _MORE:
            yield from import_module(_MORE[target.driver]).mistakes(index, settings, members)
        for meter in members:
            for mistake in _meter(index, target, meter) if meter.protocol in {*PROTOCOLS, *BEHIND} else ():
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
        if _spoken(other) != _spoken(target):
            message = say(
                f"{target.name} and {other.name} share a channel and need one driver",
                f"{target.name} 与 {other.name} 共用通道，驱动须相同",
            )
            yield ("target", index, "driver"), message, other.driver


def _spoken(target: Target) -> str:
    """What is spoken on a target's channel: concentrators and terminals may share one."""
    outer = OUTERS.get(target.driver)
    return outer.name if outer is not None else target.driver


def _address(index: int, target: Target) -> Iterator[Mistake]:
    """Whose address there must be, and in which form."""
    outer = OUTERS.get(target.driver)
    if outer is None:
        if target.address is not None:
            message = say(
                f"{target.name}: the meters have addresses, the target has none",
                f"{target.name}：地址属于电表，不属于采集点",
            )
            yield ("target", index, "address"), message, say("no address", "不填")
        return
    if target.address is None:
        message = say(
            f"{target.name}: a target of driver {target.driver} has an address",
            f"{target.name}：驱动 {target.driver} 的采集点须有地址",
        )
        yield ("target", index, "address"), message, say(*outer.expected)
        return
    try:
        outer.address(target.address)
    except ValueError:
        message = say(f"{target.address!r} is not right", f"{target.address!r} 不正确")
        yield ("target", index, "address"), message, say(*outer.expected)


def _frames(index: int, target: Target) -> Iterator[Mistake]:
    """A radio carries short frames only (Q/GDW 1376.1, 5.2.2)."""
    is_told = "frame_bytes" in target.model_fields_set
    if is_told and target.frame_bytes > _RADIO_FRAME and target.link.startswith("radio:"):
        message = say(
            f"{target.name}: a frame on a radio has at most {_RADIO_FRAME} bytes",
            f"{target.name}：无线电台的帧最长 {_RADIO_FRAME} 字节",
        )
        yield ("target", index, "frame_bytes"), message, say("64 to 255, or none", "64 至 255，或不填")


def _telephone(index: int, target: Target) -> Iterator[Mistake]:
    """Only a modem dials."""
    if target.link.startswith("modem:"):
        return
    for key in ("number", "call_window"):
        if getattr(target, key) is not None:
            message = say(f"{target.name}: nobody is called over this link", f"{target.name}：此链路不拨号")
            yield (
                ("target", index, key),
                message,
                say("a link modem:DEV, or none", "链路为 modem:设备，或不填"),
            )


def _points(index: int, target: Target, meters: Sequence[Meter]) -> Iterator[Mistake]:
    """Behind a terminal every meter in service has a measuring point (pn) of its own."""
    if target.driver not in _NUMBERED:
        return
    seen: dict[int, str] = {}
    for meter in meters:
        if meter.status != "in service":
            continue
        if meter.point_no is None:
            message = say(
                f"meter {meter.asset_no} of {target.name} has no point_no (pn)",
                f"{target.name} 的电表 {meter.asset_no} 没有测量点号（pn）",
            )
            yield ("target", index, "name"), message, say("1 to 2040 in the archive", "档案中填 1 至 2040")
            return
        if (other := seen.setdefault(meter.point_no, meter.asset_no)) != meter.asset_no:
            message = say(
                f"meters {other} and {meter.asset_no} of {target.name} have the same point_no {meter.point_no}",
                f"{target.name} 的电表 {other} 与 {meter.asset_no} 的测量点号同为 {meter.point_no}",
            )
            yield (
                ("target", index, "name"),
                message,
                say("one meter in service each", "每个测量点一只在运电表"),
            )
            return


def _meter(index: int, target: Target, meter: Meter) -> Iterator[Mistake]:
    outer = OUTERS.get(target.driver)
    fits = meter.protocol in outer.meters if outer else _driver_of(meter.protocol) == target.driver
    if not fits:
        message = say(
            f"meter {meter.asset_no} of {target.name} speaks {meter.protocol}",
            f"{target.name} 的电表 {meter.asset_no} 的规约为 {meter.protocol}",
        )
        yield ("target", index, "driver"), message, _driver_of(meter.protocol)
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


def _driver_of(protocol: str) -> str:
    """A driver that reads meters of a protocol."""
    if protocol in PROTOCOLS:
        return PROTOCOLS[protocol].driver
    return next(name for name, outer in OUTERS.items() if protocol in outer.meters)


def _is_multiplied_twice(meter: Meter) -> bool:
    if meter.model not in known_models() or load_model(meter.model).get("basis") != "primary":
        return False
    return not meter.register_is_primary and (meter.ct != 1 or meter.pt != 1)
