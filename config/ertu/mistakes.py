"""What must hold between an ERTU's profile, the tie meters behind it, and the tasks that read them."""

from collections.abc import Iterator, Sequence

from config.archive import Meter
from config.ertu import known_profiles, load_profile
from config.ertu.profile import Profile
from config.locate import Place
from config.schema import Settings, Target
from config.text import say
from config.wanted import memory_of, table_of
from protocols.alike import alike
from protocols.points import CLOCK

__all__ = ["mistakes"]

Mistake = tuple[Place, str, str]


def mistakes(index: int, settings: Settings, meters: Sequence[Meter]) -> Iterator[Mistake]:
    """Place in the file, message, and what was expected, for the target of this number."""
    target = settings.target[index]
    try:
        profile = load_profile(target.profile)
    except KeyError:
        known = known_profiles()
        near = alike(target.profile or "", known)
        message = say(f"there is no ERTU profile {target.profile!r}", f"没有 ERTU 模板 {target.profile!r}")
        yield ("target", index, "profile"), message, near or ", ".join(known)
        return
    yield from _places(index, target, profile, [meter for meter in meters if meter.status == "in service"])
    yield from _tasks(settings, target, profile)


def _places(index: int, target: Target, profile: Profile, meters: Sequence[Meter]) -> Iterator[Mistake]:
    """Every meter's objects are its own; the first mistake only."""
    taken: dict[tuple[int, int], str] = {}
    for meter in meters:
        at = ("target", index, "name")
        if meter.point_no is None:
            message = say(
                f"meter {meter.asset_no} of {target.name} has no point_no (its first object)",
                f"{target.name} 的电表 {meter.asset_no} 没有测量点号（首个信息体地址）",
            )
            yield at, message, say("1 to 255 in the archive", "档案中填 1 至 255")
            return
        try:
            station, first = profile.place(meter.point_no, int(target.address or 0))
        except ValueError as error:
            yield (
                at,
                f"{meter.asset_no}: {error}",
                say("another point_no or profile", "更换测量点号或模板"),
            )
            return
        for number in range(first, first + profile.span):
            other = taken.setdefault((station, number), meter.asset_no)
            if other != meter.asset_no:
                message = say(
                    f"meters {other} and {meter.asset_no} of {target.name} both have object {number}",
                    f"{target.name} 的电表 {other} 与 {meter.asset_no} 的信息体 {number} 重叠",
                )
                yield at, message, say(f"{profile.span} objects each", f"每表 {profile.span} 个信息体")
                return


def _tasks(settings: Settings, target: Target, profile: Profile) -> Iterator[Mistake]:
    for number, task in enumerate(settings.task):
        if target.name not in task.targets:
            continue
        memory = memory_of(task, table_of(target.driver, "iec102", ""))
        for point in task.points:
            if not list(profile.where([point], memory)) and (memory, point) != ("live", CLOCK):
                message = say(
                    f"{point}: profile {target.profile or 'standard'} of {target.name} has no such object as {memory}",
                    f"{point}：{target.name} 的模板 {target.profile or 'standard'} 中 {memory} 没有此数据项",
                )
                known = [
                    row.point for block in profile.block if memory in block.wants for row in block.points
                ]
                yield ("task", number, "points"), message, ", ".join(known)
