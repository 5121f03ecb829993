"""Completion in a shell: the script that a package ships, and which command a half-written line names."""

import os

import typer
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from config.text import say

__all__ = ["SHELLS", "begun", "script"]

SHELLS = ("bash", "zsh", "fish")
_ASKED = "_METERD_COMPLETE"
# Where the scripts hand over the line: bash, then zsh and fish.
_LINES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")


def script(shell: str) -> str:
    """What a shell reads to complete `meterd`; raises typer.BadParameter for a shell that is not known."""
    if shell not in SHELLS:
        raise typer.BadParameter(f"{shell}: {say('expected', '应为')} {', '.join(SHELLS)}")
    return get_completion_script(prog_name="meterd", complete_var=_ASKED, shell=shell)


def begun() -> str:
    """The first word after `meterd` on the line that a shell wants completed, once another follows; else empty."""
    if _ASKED not in os.environ:
        return ""
    completion_init()
    line = next((os.environ[name] for name in _LINES if name in os.environ), "")
    words = line.split()
    followed = len(words) > 2 or line[-1:].isspace()
    return words[1] if len(words) > 1 and followed else ""
