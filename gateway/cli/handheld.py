"""`meterd simulate handheld`: a technician's reader without the technician, on a line or at the upload page."""

import asyncio
import json as _json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from config.text import say
from gateway.cli.manual import examples
from gateway.clock import SystemClock
from gateway.simulate import Broken, HandheldPlan, Login, UploadFailed, hand_over, upload

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help=say(
        """A hand-held reader that sends files, on a line or at the upload page.

        With --fill it walks route lists first and sends them filled in.""",
        """发送文件的模拟抄表机：经串口或上传网页。

        加 --fill 则先按清单“抄表”填数再发送。""",
    ),
)

Files = Annotated[list[Path], typer.Argument(metavar="FILE ...", help=say("What it has.", "要发送的文件。"))]
Fill = Annotated[
    bool,
    typer.Option(
        "--fill",
        help=say(
            "Files are route lists (delimited): fill them in first.", "文件为抄表清单（分隔文本）：先填数。"
        ),
    ),
]
Locked = Annotated[
    float, typer.Option(min=0, max=1, help=say("Share of meters out of reach.", "抄不到的表的比例。"))
]
Reader = Annotated[str, typer.Option(help=say("Who walks.", "抄表员编号。"))]
Seed = Annotated[int, typer.Option(help=say("The same seed gives the same figures.", "种子相同则数据相同。"))]
Json = Annotated[bool, typer.Option("--json", help=say("One JSON object a line", "每行一个 JSON 对象"))]


@app.command(
    "ymodem",
    help=say(
        """Send files by YMODEM or XMODEM to whoever receives on the line.

        Without a device on a pseudo terminal, whose link is printed first. --manner sends badly: shares of blocks that
        are damaged, lost, sent twice or with noise before; vanish after a part; say another size; never end. Exit 1
        where the transfer broke.""",
        """用 YMODEM 或 XMODEM 向接收方发送文件。

        不给设备则用伪终端，先打印其链路。--manner 模拟故障：按比例损坏、丢失、重发数据块或夹杂噪声，
        中途消失，谎报长度，永不结束。传输失败时退出码为 1。""",
    ),
    epilog=examples(
        "meterd simulate handheld ymodem try.csv",
        "meterd simulate handheld ymodem route.csv --fill --locked 0.1 --device /dev/ttyUSB0",
        "meterd simulate handheld ymodem try.csv --manner damaged=0.1,vanish=0.5",
    ),
)
def ymodem(
    files: Files,
    device: Annotated[
        Path | None,
        typer.Option(help=say("Serial device; without it a pseudo terminal.", "串口；不给则用伪终端。")),
    ] = None,
    baud: Annotated[int, typer.Option(help=say("Speed of the device.", "串口速率。"))] = 9600,
    xmodem: Annotated[
        bool, typer.Option("--xmodem", help=say("By XMODEM: the first file.", "用 XMODEM，只发第一个文件。"))
    ] = False,
    manner: Annotated[
        str,
        typer.Option(
            help=say(
                "How badly: damaged= lost= twice= noise= vanish= (shares), say= (bytes), endless, short",
                "故障：damaged= lost= twice= noise= vanish=（比例）、say=（字节）、endless、short",
            )
        ),
    ] = "",
    wait: Annotated[
        float, typer.Option(min=0, help=say("Seconds to wait for a receiver.", "等待接收方的秒数。"))
    ] = 600.0,
    fill: Fill = False,
    locked: Locked = 0.0,
    reader: Reader = "T001",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """By YMODEM or XMODEM."""
    plan = HandheldPlan(
        files=tuple(files),
        fill=fill,
        locked=locked,
        reader=reader,
        seed=seed,
        manner=manner,
        xmodem=xmodem,
        device=device,
        baud=baud,
        patience=wait,
    )

    def ready(link: str) -> None:
        print(_json.dumps({"link": link}) if json else link, flush=True)

    try:
        again = asyncio.run(hand_over(plan, SystemClock().now(), ready))
    except ValueError as error:
        _refuse(str(error), 2)
    except (Broken, OSError) as error:
        _refuse(str(error), 1)
    sent = [path.name for path in (files[:1] if xmodem else files)]
    if json:
        print(_json.dumps({"sent": sent, "blocks_again": again}, ensure_ascii=False), flush=True)
    else:
        names = ", ".join(sent)
        print(say(f"sent {names}; {again} blocks twice", f"已发送 {names}；重发 {again} 块"), flush=True)


@app.command(
    "http",
    help=say(
        """Upload files as the upload page does: sign in, send, wait for the check, confirm.

        Exit 1 where a file was not taken.""",
        """像上传网页那样上传文件：登录、发送、等待检查、确认。

        有文件未被接收时退出码为 1。""",
    ),
    epilog=examples(
        "meterd simulate handheld http try.csv --url https://so-001.example:8443 --user zhang --ca-file ca.pem"
    ),
)
def http(
    files: Files,
    url: Annotated[str, typer.Option(help=say("The upload page, https://host:port", "上传网页的地址"))],
    user: Annotated[str, typer.Option(help=say("Who uploads.", "用户名。"))],
    password: Annotated[
        str, typer.Option(envvar="METERD_SIMULATE_PASSWORD", help=say("His password.", "密码。"))
    ],
    new_password: Annotated[
        str, typer.Option(help=say("In place of a one-time password.", "用于替换一次性密码。"))
    ] = "",
    ca_file: Annotated[Path | None, typer.Option(help=say("Certificate to trust.", "信任的证书。"))] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm/--withdraw", help=say("Have it imported, or not.", "确认导入或撤回。"))
    ] = True,
    fill: Fill = False,
    locked: Locked = 0.0,
    reader: Reader = "T001",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """By HTTP."""
    plan = HandheldPlan(files=tuple(files), fill=fill, locked=locked, reader=reader, seed=seed)
    login = Login(url=url, user=user, password=password, new=new_password, ca_file=ca_file)
    try:
        rows = upload(plan, login, SystemClock().now(), confirm=confirm)
    except ValueError as error:
        _refuse(str(error), 2)
    except (UploadFailed, OSError) as error:
        _refuse(str(error), 1)
    for row in rows:
        if json:
            print(_json.dumps(row, ensure_ascii=False), flush=True)
            continue
        counts = f"{row['rows']} / {row['accepted']} / {row['quarantined']}"
        said = say("rows, accepted, quarantined", "行、接收、隔离")
        print(f"{row['number']}  {row['file']}  {counts} ({said})", flush=True)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def _refuse(text: str, code: int) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
