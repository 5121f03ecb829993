"""A first configuration, written from what a person said and a scan found; a file that is there stays as it is."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.link import parse_link
from config.load import Loaded
from config.text import say
from gateway.configured import configured
from gateway.survey import Found
from protocols import PROTOCOLS

__all__ = ["ARCHIVE", "CONFIG", "Beginning", "Occupied", "free", "settings", "table", "write"]

CONFIG, ARCHIVE = "meterd.toml", "archive/meters.csv"
_COLUMNS = ("asset_no", "address", "protocol", "target", "model", "baud")
_TARGET = "line1"


class Occupied(Exception):
    """A file of a configuration is there already; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the configuration is made of; `model` is that of Modbus meters, `every` a slot's length as in [[task]].

    `broker` holds the keys of [uplink], empty: none.
    """

    name: str
    link: str
    found: Sequence[Found]
    state_dir: str
    every: str = "15m"
    model: str = ""
    broker: Mapping[str, str] = field(default_factory=dict)


def free(folder: Path) -> None:
    """Raise Occupied where a file of a configuration is there already."""
    for name in (CONFIG, ARCHIVE):
        if (folder / name).exists():
            text = say(
                "is there already and stays as it is; name another folder", "已存在，不会改动；请指定其他目录"
            )
            raise Occupied(f"{folder / name}: {text}")


def write(folder: Path, of: Beginning) -> Loaded:
    """Write both files and read them as the daemon would; a ConfigError takes them away again.

    Raises Occupied, OSError, ConfigError.
    """
    free(folder)
    (folder / ARCHIVE).parent.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        for name, text in ((CONFIG, settings(of)), (ARCHIVE, table(of))):
            with (folder / name).open("x", encoding="utf-8") as file:
                made.append(folder / name)
                file.write(text)
        return configured(folder / CONFIG)
    except BaseException:
        for path in made:
            path.unlink()
        raise


def settings(of: Beginning) -> str:
    """meterd.toml."""
    parts = [_table("[gateway]", {"name": of.name, "state_dir": of.state_dir, "archive": "archive"})]
    if of.broker:
        parts.append(_table("[uplink]", of.broker))
    else:
        note = say(
            "Without a broker the outbox only collects. With one:", "没有消息代理时待发库只收集。有代理时："
        )
        parts.append(f'# {note}\n# [uplink]\n# broker = "mqtts://broker.example:8883"\n')
    targets = dict(_targets(of))
    parts += [_table("[[target]]", {"name": name, **keys}) for name, keys in targets.items()]
    task: dict[str, object] = {
        "name": "registers",
        "targets": list(targets),
        "points": ["1-0:1.8.0"],
        "every": of.every,
    }
    parts.append(_table("[[task]]", task))
    return "\n".join(parts)


def _table(head: str, keys: Mapping[str, object]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
    return "\n".join([head, *lines, ""])


def _key(meter: Found) -> tuple[str, bool]:
    """Meters of one key share a target: driver, and whether RTU frames travel over TCP."""
    return PROTOCOLS[meter.protocol].driver, meter.protocol == "modbus-rtu"


def _targets(of: Beginning) -> Iterator[tuple[str, dict[str, object]]]:
    """A target for each driver that is needed, with the link as that driver writes it."""
    for place, key in enumerate(dict.fromkeys(map(_key, of.found))):
        bauds = Counter(meter.baud for meter in of.found if _key(meter) == key and meter.baud)
        yield _name(place), {"driver": key[0], "link": _link(of.link, bauds, rtu=key[1])}


def _name(place: int) -> str:
    return _TARGET if place == 0 else f"{_TARGET}-{place + 1}"


def _link(link: str, bauds: Counter[int], *, rtu: bool) -> str:
    url = parse_link(link)
    if url.scheme == "serial" and bauds:
        return f"serial:{url.path}?baud={bauds.most_common(1)[0][0]}&mode={url.mode}"
    return f"rtu{link}" if rtu and url.scheme == "tcp" else link


def table(of: Beginning) -> str:
    """archive/meters.csv; a meter is known by its address until somebody gives it its asset number."""
    keys = list(dict.fromkeys(map(_key, of.found)))
    usual = {name: parse_link(str(target["link"])).baud for name, target in _targets(of)}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for meter in of.found:
        target = _name(keys.index(_key(meter)))
        model = of.model if PROTOCOLS[meter.protocol].driver == "modbus" else ""
        baud = meter.baud if meter.baud and meter.baud != usual[target] else ""
        rows.writerow((meter.address, meter.address, meter.protocol, target, model, baud))
    return text.getvalue()
