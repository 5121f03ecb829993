"""What `meterd demo --story` prints: what happened, how it was found, and where to look next."""

import json
import re
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.padding import Padding

from config.text import say

if TYPE_CHECKING:
    from gateway.story.told import Chapter, Story

__all__ = ["LIVE", "next_steps", "tell"]

_KINDS = {
    "theft": (
        say("theft", "窃电"),
        say(
            "Its area loses more than transformer and wires take, and what is lost rises and falls with what this "
            "customer uses. Visit: seals, wiring, bypass.",
            "该台区损耗超出变压器和线路应有的水平，且损失电量随该户用电量同升同降。应现场检查封印、接线和绕越。",
        ),
    ),
    "wrong_multiplier": (
        say("wrong multiplier", "倍率错误"),
        say(
            "From one day to the next its energy changed by a step that current transformers have. Compare the plates "
            "on site with the archive.",
            "自某日起电量恰按互感器的变比档跃变。应核对现场互感器铭牌与档案倍率。",
        ),
    ),
    "reverse_running": (
        say("meter running backwards", "电能表反转"),
        say(
            "Its reverse register runs, and nobody generates there. Look at polarity and phase sequence.",
            "反向示数在走，而该户没有发电。应检查极性和相序。",
        ),
    ),
    "silent_concentrator": (
        say("silent concentrator", "集中器失联"),
        say(
            "By seven in the morning none of its meters had a value of the night; asked again later, most had. Shares "
            "at 07:00, at 24:00, and after a week:",
            "次日七点其所带电能表无一有夜间数据；之后补抄，大部分取回。七点、二十四点、一周后的成功率：",
        ),
    ),
    "hand_held_filled": (
        say("filled by a hand-held unit", "抄表机补齐"),
        say(
            "What the concentrator could not get any more, a technician's unit read from the meters; its file was "
            "checked and imported.",
            "集中器再也取不到的数据，由抄表机从表内读出；其文件经校验后导入。",
        ),
    ),
}
STORY = (
    ("meterd loss -c {config} --transformer T1", say("the thief's area, day by day", "窃电台区逐日线损")),
    (
        "meterd loss -c {config} --transformer T1 --plot T1.png",
        say("the same as a chart", "同上，绘图"),
    ),
    (
        "meterd suspects -c {config} --transformer T1",
        say("how well each customer explains it", "各户与损失的相关程度"),
    ),
    (
        "meterd loss -c {config} --transformer T4 --show causes",
        say("which members are behind a change of the loss", "线损变化由哪些成员造成"),
    ),
    ("meterd review work -c {config}", say("whom to visit first, and why", "先查谁、为什么")),
    ("meterd review list -c {config}", say("what waits for a person's decision", "等待人工处理的数据")),
    (
        "meterd success -c {config} --day {night} --task daily --by target",
        say("the night of the silent concentrator", "集中器失联当夜的成功率"),
    ),
    (
        "meterd success -c {config} --day {day} --missing",
        say("what is missing and why", "缺什么、为什么缺"),
    ),
)
LIVE = (
    ("meterd loss -c {config}", say("supply against sales", "供电量与售电量")),
    ("meterd review list -c {config}", say("what waits for a person's decision", "等待人工处理的数据")),
)
"""Commands that look into what a demonstration leaves, with what they show."""


def tell(seed: int, keep: Path | None, *, as_json: bool) -> NoReturn:
    """Run the story and print it; ends the command with 1 where something was not found."""
    try:
        from gateway.demo import story

        with Console(stderr=True).status(say("two weeks pass ...", "两周正在过去……")):
            told = story(seed, keep=keep)
    except ModuleNotFoundError as missing:
        text = say(
            "is missing; install meterd with the extras `demo` and `master`",
            "未安装；请安装 meterd 的附加组件 `demo` 和 `master`",
        )
        typer.echo(f"{missing.name} {text}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(told.as_dict(), ensure_ascii=False))
    else:
        _show(Console(file=sys.stdout, highlight=False), told, keep)
    raise typer.Exit(0 if told.ok else 1)


def _show(console: Console, story: "Story", keep: Path | None) -> None:
    print_ = console.print
    print_(say("What two weeks of four transformer areas tell", "四个台区两周的故事"), style="bold")
    print_(
        say(
            f"{story.first} to {story.last}: {story.meters} meters, {story.readings_committed} readings, lost "
            f"{story.lost}, duplicated {story.duplicates}; took {story.seconds} s",
            f"{story.first} 至 {story.last}：{story.meters} 块电能表，{story.readings_committed} 个数据，丢失 "
            f"{story.lost}，重复 {story.duplicates}；用时 {story.seconds} 秒",
        )
    )
    for number, one in enumerate(story.story, 1):
        _chapter(console, number, one)
    late, missing = story.outcomes.get("backfilled", 0), story.outcomes.get("no_record", 0)
    silent, rows = story.outcomes.get("timeout", 0), story.imported.get("accepted", 0)
    print_()
    print_(
        say(
            f"In the slots: {missing} times a concentrator had no value, {silent} times it did not answer; {late} "
            f"values came when asked again, {rows} by the hand-held unit's file.",
            f"各时段中：集中器 {missing} 次没有数据，{silent} 次无应答；补抄取回 {late} 次，"
            f"抄表机文件带回 {rows} 个示数。",
        )
    )
    night = _night(story)
    next_steps(console, STORY, keep, night=f"{night}", day=f"{night + timedelta(days=1)}")


def _night(story: "Story") -> date:
    """The data day on which a concentrator was silent, else the one before the last."""
    said = " ".join(one.by for one in story.story if one.kind == "silent_concentrator")
    day = re.search(r"\d{4}-\d\d-\d\d", said)
    return date.fromisoformat(day[0]) if day else date.fromisoformat(story.last) - timedelta(days=1)


def _chapter(console: Console, number: int, one: "Chapter") -> None:
    name, how = _KINDS[one.kind]
    if not one.object:
        console.print(f"\n{number}. {name}: " + say("not found", "未发现"), style="bold red")
        return
    right = say("right", "正确") if one.found else say("WRONG", "有误")
    console.print(
        f"\n{number}. {name}: {one.object} ({right})", style="bold green" if one.found else "bold red"
    )
    console.print(Padding(how, (0, 0, 0, 3), expand=False))
    console.print(Padding(one.by, (0, 0, 0, 3), expand=False), style="dim")


def next_steps(console: Console, steps: Iterable[tuple[str, str]], keep: Path | None, **days: str) -> None:
    """Where to look next: commands on what was left, or how to have it left."""
    if keep is None:
        head = say(
            "Nothing was left behind. With --keep FOLDER its files stay, and these look into them:",
            "没有留下文件。加 --keep FOLDER 则保留，可用下列命令查看：",
        )
    else:
        head = say(f"Its files are in {keep}. Where to look next:", f"文件在 {keep}。下一步可看：")
    console.print(f"\n{head}")
    config = f"{keep or 'FOLDER'}/meterd.toml"
    for command, shows in steps:
        console.print(f"  # {shows}", style="dim")
        console.print(f"  {command.format(config=config, **days)}", soft_wrap=True)
