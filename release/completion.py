"""Where each shell looks for the completion of a command, and what it finds there."""

import re
from pathlib import Path

from gateway.cli import complete

__all__ = ["PLACES", "script", "write_all"]

PLACES = {
    "bash": "bash-completion/completions/{program}",
    "zsh": "zsh/vendor-completions/_{program}",
    "fish": "fish/vendor_completions.d/{program}.fish",
}
"""Below `share`."""


def script(shell: str, program: str) -> str:
    """The script by which a shell completes `program`."""
    return re.sub(r"(?<![\w-])meterd(?![\w-])", program, complete.script(shell)).strip() + "\n"


def write_all(share: Path, program: str) -> None:
    """The scripts of all shells below a folder `share`."""
    for shell, place in PLACES.items():
        path = share / place.format(program=program)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(shell, program), encoding="utf-8")
