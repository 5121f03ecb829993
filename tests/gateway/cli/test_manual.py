"""What is read from commands (gateway.cli.manual) and how it is shown (gateway.cli.show)."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from gateway.cli import COMMANDS, _build, command_of
from gateway.cli.manual import SECTIONS, Manual, examples, manuals
from gateway.cli.show import markdown, text


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


def toy():
    app = typer.Typer(help="A toy.")

    @app.command("play", help="Play | loud.\n\nFor a\nwhile.", epilog=examples("toy play 3"))
    def play(
        times: Annotated[list[int], typer.Argument(help="How often.")],
        config: Annotated[Path, typer.Option("-c", "--config", metavar="FILE", help="Where.")],
        share: Annotated[float | None, typer.Option(min=0, max=1, help="Share.")] = None,
        wait_long: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
        as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
        secret: Annotated[str, typer.Option(hidden=True)] = "",
    ) -> None:
        """Not shown, as there is a help."""

    @app.command("rest")
    def rest() -> None:
        """Rest."""

    return app


def test_everything_that_a_command_declares():
    group, play, rest = manuals(toy(), path="toy")
    assert group.summary == "A toy."
    assert [row.label for _, rows in group.commands for row in rows] == ["play", "rest"]
    assert (play.path, play.summary, play.more) == ("toy play", "Play | loud.", ("For a while.",))
    assert play.usage == "toy play -c FILE [OPTIONS] TIMES ..."
    assert [(one.label, one.meaning) for one in play.options] == [
        ("-c, --config FILE", "Where (required)."),
        ("--share X", "Share (0 to 1)."),
        ("--wait-long X", "Seconds (default 60)."),
        ("--json", "JSON."),
    ]
    assert play.examples == ("toy play 3",)
    assert rest.summary == "Rest."


def test_a_page_escapes_what_would_divide_a_cell():
    group, play, _ = manuals(toy(), path="toy")
    assert "| `toy play` | Play \\| loud. |" in markdown(group)
    page = markdown(play)
    assert page.startswith("Play | loud.\n\nFor a while.\n\n| argument or option | meaning |\n")
    assert page.endswith("```sh\ntoy play 3\n```\n")


def test_commands_stand_in_their_order_and_sections():
    root = next(manuals(_build(list(COMMANDS)), list(COMMANDS)))
    assert [row.label for _, rows in root.commands for row in rows] == list(COMMANDS)
    assert [title for title, _ in root.commands] == [
        SECTIONS[name][0] for name in COMMANDS if name in SECTIONS
    ]
    first = [rows[0].label for _, rows in root.commands]
    assert first == [name for name in COMMANDS if name in SECTIONS]


@pytest.mark.parametrize("path", [["--help"], ["read", "--help"], ["outbox", "replay", "--help"]])
def test_help_is_shown_by_the_manual(path, capsys):
    with pytest.raises(SystemExit) as ended:
        command_of(list(COMMANDS))(path)
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"Usage: meterd{' ' if len(path) > 1 else ''}{' '.join(path[:-1])}")
    assert "--help" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_an_unknown_command_is_named(capsys):
    with pytest.raises(SystemExit) as ended:
        command_of(list(COMMANDS))(["frobnicate"])
    assert ended.value.code == 2
    assert "frobnicate" in capsys.readouterr().err


def test_chinese_is_folded_by_its_width_and_not_before_a_full_stop():
    meaning = "用 -c 时先写档案中的电能表（资产编号或通信地址），" * 8 + "完。"
    manual = Manual(
        path="x", usage="x", summary=meaning, more=(), arguments=(), options=(), commands=(), examples=()
    )
    lines = text(manual).splitlines()[2:-3]
    assert len(lines) > 2
    assert max(map(cell_len, lines)) <= 102
    assert not any(line[0] in "，。）" for line in lines if line)
    assert "".join(lines[:-2]).replace(" ", "") in meaning.replace(" ", "")


def test_the_version_needs_no_command():
    assert "meterd " in CliRunner().invoke(_build(["decode"]), ["--version"]).stdout
