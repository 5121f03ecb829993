"""Manual pages from the help of the commands themselves, a page for each, in English and Chinese.

python -m release.man FOLDER [PROGRAM]      # man1/ in the language of the environment (METERD_LANG)
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from release.lock import ROOT

__all__ = ["LANGUAGES", "page", "write", "write_all"]

LANGUAGES = {"en": ".", "zh": "zh_CN"}
"""Languages with their folders below `man`."""


def _text(line: str) -> str:
    """One line of text, without anything that roff would take for its own."""
    escaped = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


def _list(entries: Sequence[object]) -> Iterator[str]:
    for entry in entries:
        yield f".TP\n.B {_text(getattr(entry, 'label', ''))}"
        yield _text(getattr(entry, "meaning", "") or " ")


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f".SH {title}"
        yield from lines


def page(manual: object, program: str, version: str, day: str) -> str:
    """The roff of one command's page; `manual` is a `gateway.cli.manual.Manual`."""
    from config.text import say
    from gateway.cli.manual import Manual

    assert isinstance(manual, Manual)  # noqa: S101 - the command line is imported late, in the page's language
    path = manual.path.replace("meterd", program, 1)
    name = path.replace(" ", "-")
    commands = [line for title, rows in manual.commands for line in (f".SS {_text(title)}", *_list(rows))]
    shown = [".nf", *map(_text, manual.examples), ".fi"] if manual.examples else []
    more = [line for paragraph in manual.more for line in (".PP", _text(paragraph))]
    usage = manual.usage.replace("meterd", program, 1)
    see = f"/usr/share/doc/{program}/"
    parts = [
        f'.TH "{_text(name.upper())}" 1 "{day}" "meterd {version}" "meterd"',
        ".ad l",
        *_section(say("NAME", "名称"), [f"{_text(name)} \\- {_text(manual.summary.rstrip('.。'))}"]),
        *_section(say("SYNOPSIS", "概要"), [f".B {_text(usage)}"]),
        *_section(say("DESCRIPTION", "描述"), [_text(manual.summary), *more]),
        *_section(say("COMMANDS", "命令"), commands),
        *_section(say("ARGUMENTS", "参数"), list(_list(manual.arguments))),
        *_section(say("OPTIONS", "选项"), list(_list(manual.options))),
        *_section(say("EXAMPLES", "示例"), shown),
        *_section(say("SEE ALSO", "另见"), [f"{_text(program)}(1), {_text(see)}"]),
    ]
    return "\n".join(parts) + "\n"


def write(folder: Path, program: str) -> None:
    """Every page, compressed, in the language in which the commands are imported."""
    from importlib import metadata

    from gateway.cli import COMMANDS, _build
    from gateway.cli.manual import manuals

    day = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC).date().isoformat()
    names = list(COMMANDS)
    folder.mkdir(parents=True, exist_ok=True)
    for manual in manuals(_build(names), names):
        text = page(manual, program, metadata.version("meterd"), day)
        name = manual.path.replace("meterd", program, 1).replace(" ", "-")
        (folder / f"{name}.1.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def write_all(man: Path, program: str, epoch: int) -> None:
    """Both languages below `man`; a process for each, as help is in the language of its import."""
    for language, folder in LANGUAGES.items():
        environment = {**os.environ, "METERD_LANG": language, "SOURCE_DATE_EPOCH": str(epoch)}
        command = [sys.executable, "-m", "release.man", str(man / folder / "man1"), program]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "meterd")
