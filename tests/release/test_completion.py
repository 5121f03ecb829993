"""Completion scripts as packages ship them."""

import subprocess

from release.completion import PLACES, script, write_all


def test_a_script_for_each_shell_names_its_program(tmp_path):
    write_all(tmp_path, "meterd-master")
    bash = (tmp_path / "bash-completion/completions/meterd-master").read_text()
    assert bash.rstrip().endswith("meterd-master")
    assert subprocess.run(["bash", "-n"], input=bash, text=True).returncode == 0
    assert (
        (tmp_path / "zsh/vendor-completions/_meterd-master")
        .read_text()
        .startswith("#compdef meterd-master\n")
    )
    assert (
        "--command meterd-master" in (tmp_path / "fish/vendor_completions.d/meterd-master.fish").read_text()
    )
    assert set(PLACES) == {"bash", "zsh", "fish"}


def test_our_own_name_stays():
    assert "_METERD_COMPLETE" in script("bash", "meterd")
