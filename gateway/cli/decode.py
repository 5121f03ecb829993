"""`meterd decode`: frames from the arguments or stdin, explained."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.text import language, say
from gateway.cli.manual import examples
from protocols.explaining import READERS

__all__ = ["command"]

HELP = say(
    """Explain frames: address, function and every value in them.

    Wake-up bytes, noise and several frames in one stream are told apart. `auto` tells DL/T 645, Q/GDW 1376.1 and
    1376.2 and IEC 102 by their shapes, and takes a stream for Modbus RTU only where nothing else fits and every
    checksum is right. Exit 1 if any frame is not valid or none was found.""",
    """解析报文：地址、功能和其中每个数据。

    能分辨前导字节、干扰字节和一个字节流中的多帧。`auto` 按帧格式区分 DL/T 645、Q/GDW 1376.1、1376.2 和
    IEC 102，只有都找不到且全部校验正确时才按 Modbus RTU 解析。有无效帧或没有找到报文时退出码为 1。""",
)
EXAMPLES = examples(
    "meterd decode FE FE FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 99 16",
    "meterd decode --json < frames.txt",
)


def command(
    frames: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HEX] ...",
            help=say(
                "Frames in hex, together one stream; without them a stream a line from stdin.",
                "十六进制报文，合起来作为一个字节流；不给则从标准输入读取，每行一个字节流。",
            ),
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"{say('One of', '规约，可为')} {', '.join(READERS)}{say('.', '。')}"
        ),
    ] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help=say("One JSON object a frame.", "每帧输出一个 JSON 对象。"))
    ] = False,
) -> None:
    """Explain frames."""
    decoder = READERS.get(protocol)
    if decoder is None:
        _refuse(f"--protocol {protocol}: {say('expected one of', '应为')} {', '.join(READERS)}")
        return
    show = _print_json if as_json else _print_text
    good, any_frame = True, False
    noise = 0
    for line, stream in _streams(frames):
        objects, dropped = decoder(stream)
        noise += dropped
        for found in objects:
            any_frame = True
            good = good and found["ok"]
            show({"line": line} | found)
    if noise:
        show({"noise": noise})
    if not any_frame:
        print(say("no frame found", "没有找到报文"), file=sys.stderr)
    raise typer.Exit(0 if good and any_frame else 1)


def _streams(frames: list[str] | None) -> Iterator[tuple[int, bytes]]:
    if frames:
        yield 1, _bytes("".join(frames), say("argument", "参数"))
        return
    for number, line in enumerate(_lines(), 1):
        if line.strip():
            yield number, _bytes(line, f"{say('line', '第')} {number}{say('', ' 行')}")


def _lines() -> Iterable[str]:
    return (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)


def _bytes(text: str, where: str) -> bytes:
    digits = "".join(text.split())
    for index, digit in enumerate(digits):
        if digit not in "0123456789abcdefABCDEF":
            _refuse(
                f"{where}: {digit!r} {say('is no hex digit, at digit', '不是十六进制数字，位置')} {index + 1}"
            )
    if len(digits) % 2:
        _refuse(f"{where}: {say('an odd number of hex digits', '十六进制数字个数为奇数')} ({len(digits)})")
    return bytes.fromhex(digits)


def _refuse(message: str) -> None:
    print(message, file=sys.stderr)
    raise typer.Exit(2)


def _print_json(found: dict[str, Any]) -> None:
    print(json.dumps(found, ensure_ascii=False))


def _print_text(found: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if "noise" in found:
        console.print(Text(f"{found['noise']} {say('other bytes', '个其他字节')}"))
        return
    console.print(Text(_title(found), style="" if found["ok"] and not found["error"] else "bold red"))
    for key, value in found["data"].items():
        console.print(Text(f"  {key}: {value}"))
    if found.get("registers"):
        console.print(Text("  " + " ".join(str(word) for word in found["registers"])))
    if found["points"]:
        console.print(_table(found["points"]))
    if found.get("raw_tail"):
        console.print(Text(f"  {say('not decoded', '未解析')}: {found['raw_tail']}"))
    inner = found.get("inner") or []
    for carried in inner if isinstance(inner, list) else [inner]:
        _print_text(carried)


def _title(found: dict[str, Any]) -> str:
    arrow = "→" if found["direction"] == "down" else "←"
    what = f"{found['control']}H" if found.get("control") else found.get("name") or ""
    if found.get("fn"):
        many = found["fn"] if isinstance(found["fn"], list) else [found["fn"]]
        what += f" AFN {found['afn']} F{','.join(map(str, many))}"
    title = f"{found['protocol']} {arrow} {found['address'] or ''} {what} {found['function'] or ''}"
    if not found["ok"]:
        return f"{title} {say('not valid', '无效')}: {found['error']['kind']}"
    if found["error"]:
        return f"{title} {say('refused', '拒绝')}: {', '.join(found['error']['bits'])}"
    return title


def _table(points: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    name = "name_zh" if language() == "zh" else "name"
    bits = "bits_zh" if language() == "zh" else "bits"
    for point in points:
        value = point.get("error") or ("—" if point["value"] is None else f"{point['value']} {point['unit']}")
        if point.get(bits):
            value += f" ({', '.join(point[bits])})"
        which = f"p{point['pn']}" if "pn" in point else ""
        row = (
            which,
            point["id"],
            point["obis"] or "",
            point[name],
            point.get("part", ""),
            value,
            point["at"] or "",
        )
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
