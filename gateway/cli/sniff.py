"""`meterd sniff`: shows frames passing by, and never sends."""

import asyncio
import json as _json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from config.text import language, say
from drivers import make_link
from drivers.errors import LinkLost
from gateway.cli.manual import examples
from gateway.cli.options import LINKS
from gateway.clock import SystemClock
from gateway.sniffer import Sniffer, shut_gate

__all__ = ["command"]

HELP = say(
    """Show DL/T 645 frames passing by.

    Listens only: no byte is ever sent. Exit 1 if no frame came.""",
    """监听线路，显示经过的 DL/T 645 报文。

    只听，不发送任何字节。没有收到报文时退出码为 1。""",
)
EXAMPLES = examples("meterd sniff 'serial:/dev/ttyUSB0?baud=2400&mode=8E1' --seconds 60")


def command(
    link: Annotated[str, typer.Argument(metavar="LINK", help=LINKS)],
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="S",
            help=say("Listen so long; by default until Ctrl-C.", "监听秒数；默认直到按 Ctrl-C。"),
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help=say("One JSON object a frame.", "每帧输出一个 JSON 对象。"))
    ] = False,
) -> None:
    """Show frames passing by."""
    show = _as_json if json else _as_text
    try:
        frames, noise = asyncio.run(_listen(link, seconds, show))
    except ValueError as error:
        _complain(str(error), 2)
    except LinkLost as error:
        _complain(str(error), 1)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    if json and noise:
        print(_json.dumps({"noise": noise}))
    elif not json:
        Console(stderr=True).print(
            say(f"{frames} frames, {noise} other bytes", f"{frames} 帧，{noise} 个其他字节")
        )
    raise typer.Exit(0 if frames else 1)


async def _listen(link: str, seconds: float | None, show: Any) -> tuple[int, int]:
    opened = make_link("sniff", link, shut_gate())
    sniffer = Sniffer(opened, SystemClock(), show)
    try:
        async with asyncio.timeout(seconds):
            await opened.open()
        await sniffer.run(seconds)
    except TimeoutError:
        pass
    finally:
        await opened.close()
    return sniffer.frames, sniffer.noise


def _as_json(time: datetime, frame: dict[str, Any]) -> None:
    print(_json.dumps({"time": time.isoformat()} | frame, ensure_ascii=False), flush=True)


def _as_text(time: datetime, frame: dict[str, Any]) -> None:
    arrow = "→" if frame["direction"] == "down" else "←"
    name = "name_zh" if language() == "zh" else "name"
    values = [
        f"{point[name] or point['id']}" + (f" = {point['value']} {point['unit']}" if point["value"] else "")
        for point in frame["points"]
    ]
    error = frame["error"]
    what = f"{frame['function'] or ''} {'; '.join(values)}"
    if error is not None:
        what += f" {error['kind']} {', '.join(error.get('bits', []))}"
    clock = time.astimezone().strftime("%H:%M:%S.%f")[:-3]
    line = f"{clock} {arrow} {frame['address']} {frame['control']}H {what}"
    Console(highlight=False, soft_wrap=True).print(Text(line, style="red" if error else ""))


def _complain(text: str, code: int) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)
