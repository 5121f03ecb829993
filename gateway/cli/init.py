"""`meterd init`: a short dialogue that ends in a configuration that works."""

import json as _json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from config.errors import ConfigError
from config.load import Loaded
from config.text import say
from gateway.begin import ARCHIVE, CONFIG, Beginning, Occupied, free, write
from gateway.cli.ends import refuse
from gateway.cli.manual import examples
from gateway.cli.options import LINKS, Json
from gateway.cli.scan import Wishes, looked_for, nobody
from gateway.cli.tables import table
from gateway.cli.talk import NONE, Talk, host, models, no_broker, no_link, no_model
from gateway.survey import Found
from protocols import PROTOCOLS

__all__ = ["command"]

HELP = say(
    """Write a first configuration: asks a few questions, looks for the meters on a link, writes and checks the files.

    Every answer can be given as an option, and with --yes nothing is asked. meterd.toml and archive/meters.csv are made
    in DIR; a file that is there is never touched. Meters are found as by `meterd scan`, or given by --meter. Exit 1 if
    none answered, 2 if an answer is wrong: then nothing is written.

    With --json: {"config", "archive", "meters", "warnings", "next"}.""",
    """写出第一份配置：回答几个问题，在链路上搜表，写入并检查文件。

    每个问题都可用选项回答；加 --yes 则不再提问。在 DIR 中生成 meterd.toml 和 archive/meters.csv，绝不改动已有文件。
    电能表用 `meterd scan` 的方法查找，也可用 --meter 给出。无表应答时退出码为 1，回答有误时为 2，都不写文件。

    --json 输出 {"config", "archive", "meters", "warnings", "next"}。""",
)
EXAMPLES = examples(
    "meterd init",
    "meterd init /etc/meterd --link serial:/dev/ttyUSB0 --broker mqtts://broker.example:8883 --ca-file ca.pem",
    "meterd init site --link tcp://192.0.2.7:9001 --name so-001 --broker none --yes",
)
_METERS = ("dlt645-2007", "dlt645-1997")
_INSTALLED = Path("/etc/meterd")


def command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR]",
            help=say("Folder for the files; by default this one.", "存放文件的目录，默认为当前目录。"),
        ),
    ] = Path(),
    name: Annotated[str, typer.Option(metavar="NAME", help=say("The gateway's name.", "网关名称。"))] = "",
    link: Annotated[str, typer.Option(metavar="LINK", help=LINKS)] = "",
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=say(
                "Protocol to look for; several. By default DL/T 645.", "查找的规约，可重复；默认为 DL/T 645。"
            ),
        ),
    ] = None,
    meter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROTOCOL:ADDRESS",
            help=say(
                "A meter that is known: then nothing is looked for; several.",
                "已知的电能表，可重复；给出后不再搜表。",
            ),
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="M", help=say("Model of Modbus meters.", "Modbus 表的表型。"))
    ] = "",
    every: Annotated[
        str,
        typer.Option(
            metavar="SLOT", help=say("How often: 1m 5m 15m 30m 1h 1d.", "采集周期：1m 5m 15m 30m 1h 1d。")
        ),
    ] = "15m",
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=say(
                "mqtt://HOST:PORT, mqtts://HOST:PORT or none.",
                "mqtt://HOST:PORT、mqtts://HOST:PORT 或 none。",
            ),
        ),
    ] = None,
    user: Annotated[
        str, typer.Option(metavar="NAME", help=say("User name at the broker.", "消息代理的用户名。"))
    ] = "",
    password_file: Annotated[
        str, typer.Option(metavar="FILE", help=say("File with the password.", "口令文件。"))
    ] = "",
    ca_file: Annotated[
        str, typer.Option(metavar="FILE", help=say("CA certificate for mqtts.", "mqtts 的 CA 证书。"))
    ] = "",
    state_dir: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help=say(
                "State folder; by default `state` beside the file, below /etc /var/lib/meterd.",
                "状态目录；默认为配置文件旁的 state，配置在 /etc 下时为 /var/lib/meterd。",
            ),
        ),
    ] = "",
    bauds: Annotated[
        str,
        typer.Option(metavar="LIST", help=say("Speeds to try on a serial port.", "在串口上尝试的波特率。")),
    ] = "",
    units: Annotated[
        str, typer.Option(metavar="LIST", help=say("Modbus units to ask.", "查询的 Modbus 从站号。"))
    ] = "1-247",
    reply_ms: Annotated[
        int | None,
        typer.Option(
            min=20, max=60_000, help=say("Longest delay of an answer in ms.", "最长应答延时（毫秒）。")
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=say("Ask nothing.", "不提问。"))] = False,
    json: Json = False,
) -> None:
    """Write a first configuration."""
    try:
        free(folder)
    except Occupied as error:
        refuse(str(error))
    talk = Talk(quiet=yes)
    name = name or talk.about("--name", say("Name of this gateway", "网关名称"), host())
    link = link or talk.about(
        "--link", say("Link to the meters", "到电能表的链路") + f" ({LINKS})", None, no_link
    )
    found = (
        _known(meter)
        if meter
        else looked_for(link, protocol or list(_METERS), Wishes(bauds, units, reply_ms))
    )
    if not found:
        refuse(f"{link}: {nobody()}")
    _shown(found)
    if any(PROTOCOLS[one.protocol].driver == "modbus" for one in found):
        model = model or talk.about(
            "--model", say("Model of the Modbus meters", "Modbus 表的表型") + models(), None, no_model
        )
    if broker is None:
        question = say(
            "Broker, mqtt://HOST:PORT or mqtts://HOST:PORT", "消息代理 mqtt://HOST:PORT 或 mqtts://HOST:PORT"
        )
        broker = talk.about("--broker", question, "none", no_broker)
    uplink = {
        "broker": "" if broker in NONE else broker,
        "user": user,
        "password_file": password_file,
        "ca_file": ca_file,
    }
    of = Beginning(
        name=name,
        link=link,
        found=found,
        state_dir=state_dir or _state(folder),
        every=every,
        model=model,
        broker={key: _beside(key, text) for key, text in uplink.items() if text and uplink["broker"]},
    )
    _report(folder, found, _written(folder, of), as_json=json)


def _state(folder: Path) -> str:
    installed = folder.absolute().is_relative_to(_INSTALLED)
    return "/var/lib/meterd" if installed else "state"


def _beside(key: str, text: str) -> str:
    """Files are given as seen from here, and written so that they are found from anywhere."""
    return str(Path(text).absolute()) if key.endswith("_file") else text


def _known(given: Sequence[str]) -> list[Found]:
    found = []
    for text in given:
        protocol, _, address = text.partition(":")
        if protocol not in PROTOCOLS or not address:
            refuse(f"--meter {text}: {say('expected', '应为')} PROTOCOL:ADDRESS ({', '.join(PROTOCOLS)})", 2)
        found.append(Found(address, protocol, 0))
    return found


def _shown(found: Sequence[Found]) -> None:
    columns = (say("address", "地址"), say("protocol", "规约"), say("baud", "波特率"))
    rows = [(one.address, one.protocol, one.baud or None) for one in found]
    Console(stderr=True).print(table("", columns, rows))


def _written(folder: Path, of: Beginning) -> Loaded:
    try:
        return write(folder, of)
    except (Occupied, OSError) as error:
        refuse(str(error))
    except ConfigError as error:
        refuse(str(error) + "\n" + say("nothing was written", "没有写入任何文件"), 2)


def _report(folder: Path, found: Sequence[Found], loaded: Loaded, *, as_json: bool) -> None:
    place = shlex.quote(str(folder / CONFIG))
    following = {
        f"meterd doctor -c {place}": say("looks at this machine", "检查本机"),
        f"meterd read -c {place} {found[0].address}": say("asks a meter now", "立即召测一块表"),
        f"meterd run -c {place}": say("the daemon", "守护进程"),
        f"meterd top -c {place}": say("watches it, in another terminal", "在另一终端查看"),
    }
    if as_json:
        print(_json.dumps(_object(folder, found, loaded, following), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    meters = len(found)
    console.print(
        say(
            f"{folder / CONFIG}, {folder / ARCHIVE}: written, right, {meters} meters",
            f"{folder / CONFIG}、{folder / ARCHIVE}：已写入，检查正确，{meters} 块表",
        ),
        markup=False,
    )
    console.print(
        say(
            "Each meter has its address as its asset number: write your own into the archive.",
            "资产编号暂用通信地址：请在档案中改为实际编号。",
        )
    )
    for warning in loaded.warnings:
        console.print(say("warning: ", "警告：") + str(warning), markup=False)
    console.print(say("Next:", "接下来："))
    width = max(map(len, following))
    for line, what in following.items():
        console.print(f"  {line:<{width}}  # {what}", markup=False)


def _object(
    folder: Path, found: Sequence[Found], loaded: Loaded, following: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "config": str(folder / CONFIG),
        "archive": str(folder / ARCHIVE),
        "meters": [
            {"address": one.address, "protocol": one.protocol, "baud": one.baud or None} for one in found
        ],
        "warnings": [str(warning) for warning in loaded.warnings],
        "next": list(following),
    }
