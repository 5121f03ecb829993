"""Completion: the scripts for packages, and what a shell gets from them."""

import shutil
import subprocess
import sys

import pytest

from gateway.cli import main
from gateway.cli.complete import SHELLS, begun

VARIABLES = ("_METERD_COMPLETE", "COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS")


@pytest.fixture
def meterd(monkeypatch, capsys):
    """`meterd(*arguments, **environment)`: exit code, output and errors of the command line in this process."""

    def run(*arguments, **environment):
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["meterd", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_its_script(meterd, shell):
    code, script, _ = meterd("--show-completion", shell)
    assert code == 0
    assert f"_METERD_COMPLETE=complete_{shell}" in script
    if program := shutil.which(shell):
        checked = subprocess.run([program, "-n", "-c", script], capture_output=True, text=True)
        assert checked.stderr == ""


def test_another_shell_is_answered_with_those_there_are(meterd):
    code, _, errors = meterd("--show-completion", "tcsh")
    assert code == 2
    assert "expected bash, zsh, fish" in errors


@pytest.mark.parametrize(
    ("line", "place", "shown"),
    [
        ("meterd out", 1, {"outbox"}),
        ("meterd outbox ", 2, {"ls", "peek", "replay"}),
        ("meterd status --li", 2, {"--listen"}),
    ],
)
def test_a_shell_gets_what_fits(meterd, line, place, shown):
    _, told, _ = meterd(_METERD_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(place))
    assert shown <= set(told.split())
    assert "decode" not in told


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, ""),
        ({"COMP_WORDS": "meterd outbox "}, ""),
        ({"_METERD_COMPLETE": "complete_bash", "COMP_WORDS": "meterd outbox "}, "outbox"),
        ({"_METERD_COMPLETE": "complete_bash", "COMP_WORDS": "meterd out"}, ""),
        ({"_METERD_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "meterd read -c"}, "read"),
        ({"_METERD_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "meterd"}, ""),
    ],
)
def test_only_the_command_that_the_line_names_is_loaded(monkeypatch, variables, name):
    for word in VARIABLES:
        monkeypatch.delenv(word, raising=False)
    for word, value in variables.items():
        monkeypatch.setenv(word, value)
    assert begun() == name
