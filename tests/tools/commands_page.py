"""The pages docs/commands.md and docs/zh/commands.md, below their introductions, from the commands' own help.

python -m tests.tools.commands_page            # writes both pages anew
python -m tests.tools.commands_page --show     # prints the body of one, in the language of the environment
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs/commands.md", "zh": ROOT / "docs/zh/commands.md"}
_BEGIN = "\n## "


def body() -> str:
    """The sections of all commands, in the language of the environment; read where commands are imported anew."""
    from gateway.cli import COMMANDS, _build
    from gateway.cli.manual import manuals
    from gateway.cli.show import markdown

    root, *rest = manuals(_build(list(COMMANDS)), list(COMMANDS))
    begins = {rows[0].label: title for title, rows in root.commands}
    parts = []
    for manual in rest:
        _, *path = manual.path.split()
        if len(path) == 1 and path[0] in begins:
            parts.append(f"## {begins[path[0]]}\n")
        parts.append(f"{'#' * (2 + len(path))} `{manual.path}`\n\n`{manual.usage}`\n\n{markdown(manual)}")
    return "\n".join(parts)


def made(language: str) -> str:
    """The body of a page; a process of its own, as help is in the language in which a command was imported."""
    command = [sys.executable, "-m", "tests.tools.commands_page", "--show"]
    environment = {**os.environ, "METERD_LANG": language, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=True, encoding="utf-8"
    ).stdout


def kept(path: Path) -> tuple[str, str]:
    """A page's introduction and its body."""
    introduction, begin, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    return introduction + "\n", begin.lstrip("\n") + rest


if __name__ == "__main__":
    if "--show" in sys.argv:
        sys.stdout.write(body())
    else:
        for name, page in PAGES.items():
            page.write_text(kept(page)[0] + made(name), encoding="utf-8")
