"""`meterd run` among the other commands (gateway.cli.run), and `meterd --version`."""

from importlib import metadata

from typer.testing import CliRunner

from gateway.cli import COMMANDS, _build


def test_it_is_listed_and_says_what_it_needs(meterd):
    done = meterd("run", "--help")
    assert done.exit_code == 0
    assert "--config" in done.stdout
    assert "run" in COMMANDS


def test_a_configuration_that_is_not_there_is_bad_input(meterd, tmp_path):
    assert meterd("run", "-c", tmp_path / "none.toml").exit_code == 2


def test_the_version():
    done = CliRunner().invoke(_build(["run", "decode"]), ["--version"])
    assert done.stdout.strip() == f"meterd {metadata.version('meterd')}"
