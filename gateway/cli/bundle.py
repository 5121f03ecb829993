"""`meterd support-bundle`: what somebody far away needs to see of a gateway, in one file."""

import json as _json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.text import say
from gateway.bundle import MAX_LOG, Part, collect, pack
from gateway.cli.ends import refuse
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.cli.tables import table
from gateway.clock import SystemClock
from gateway.doctor import patient

__all__ = ["command"]

HELP = say(
    """Gather what somebody far away needs to see of this gateway, as one file to send.

    Configuration without secrets, versions, what doctor says, status and metrics of the daemon, books of the outbox,
    counts of findings and archive; with --log the last lines of a log. No password, key, meter number, name or reading
    is in it, but what a log says stands in it as it is, passwords aside. At most 9 MiB. The list of what is in it is
    printed, and stands in it. The file is readable for its owner alone, and never overwrites another.""",
    """收集远程支持人员所需的信息，打成一个文件。

    包括：去除口令的配置、版本、体检结果、守护进程的状态和指标、待发库账目、异常与档案的数量统计；--log 加入日志
    末尾。其中没有口令、私钥、表号、户名和读数；日志除口令外原样收入。不超过 9 MiB。打印内容清单，清单也在包内。
    文件只有所有者可读，不会覆盖已有文件。""",
)
EXAMPLES = examples(
    "meterd support-bundle -c /etc/meterd/meterd.toml",
    "journalctl -u meterd -n 5000 | meterd support-bundle -c /etc/meterd/meterd.toml --log -",
)


def command(
    config: Config,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=say(
                "A new file; by default meterd-support-<time>.tar.gz here.",
                "新文件；默认为当前目录的 meterd-support-<时间>.tar.gz。",
            ),
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=say("Last lines of this log; - for stdin.", "该日志的末尾；- 为标准输入。")
        ),
    ] = None,
    no_network: Annotated[
        bool, typer.Option("--no-network", help=say("Do not ask the broker.", "不连接消息代理。"))
    ] = False,
    json: Json = False,
) -> None:
    """Gather what somebody far away needs to see."""
    clock = SystemClock()
    now = clock.now()
    name = f"meterd-support-{now:%Y%m%dT%H%M%SZ}"
    place = output or Path(f"{name}.tar.gz")
    try:
        lines = "" if log is None else _end(log)
        parts = list(collect(patient(config, clock, network=not no_network), lines))
        size = _write(place, pack(parts, name, now))
    except OSError as error:
        refuse(f"{error.filename or place}: {error.strerror or error}")
    if json:
        told = [{"name": part.name, "bytes": len(part.body), "what": part.what} for part in parts]
        print(_json.dumps({"file": str(place), "bytes": size, "parts": told}, ensure_ascii=False))
    else:
        _show(place, size, parts)


def _end(log: Path) -> str:
    """The last lines of a file or of standard input."""
    if str(log) == "-":
        kept = b""
        while piece := sys.stdin.buffer.read(MAX_LOG):
            kept = (kept + piece)[-MAX_LOG:]
    else:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_LOG))
            kept = file.read(MAX_LOG)
    whole = kept.partition(b"\n")[2] if len(kept) == MAX_LOG else kept
    return whole.decode("utf-8", "backslashreplace")


def _write(place: Path, body: bytes) -> int:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        return file.write(body)


def _show(place: Path, size: int, parts: list[Part]) -> None:
    columns = (say("file", "文件"), heavy := say("bytes", "字节"), say("what", "内容"))
    Console().print(
        table(f"{place}  ({size})", columns, [(one.name, len(one.body), one.what) for one in parts], {heavy})
    )
