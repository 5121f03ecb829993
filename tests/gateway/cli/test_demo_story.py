"""How `meterd demo --story` tells what was found; the story itself is in tests/gateway/story."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.cli.demo_story import STORY, _show
from gateway.story.told import KINDS, Chapter, Story

FOLDER = Path("/srv/a rather long name of a folder/story")


def told(**changes):
    chapters = [
        Chapter(kind, f"{kind}-1", found=kind != "theft", by="P040: t = 9.0 (8)") for kind in KINDS[:-1]
    ]
    plain = {
        "meters": 44, "readings_accepted": 9, "readings_committed": 9, "lost": 0, "duplicates": 0, "findings": 1,
        "story": [*chapters, Chapter(KINDS[-1], "", found=False, by="")], "findings_by_rule": {}, "first": "2026-03-01",
        "last": "2026-03-14", "outcomes": {"backfilled": 212}, "imported": {"accepted": 6}, "seconds": 3.2,
    }  # fmt: skip
    return Story(**{**plain, **changes})


@pytest.mark.parametrize("width", [40, 200])
def test_every_chapter_says_what_where_and_how(width):
    out = io.StringIO()
    _show(Console(file=out, width=width), told(), None)
    shown = " ".join(out.getvalue().split())
    assert "1. theft: theft-1 (WRONG)" in shown
    assert "2. wrong multiplier: wrong_multiplier-1 (right)" in shown
    assert "5. filled by a hand-held unit: not found" in shown
    assert shown.count("P040: t = 9.0 (8)") == 4
    assert "212 values came when asked again, 6 by the hand-held unit's file" in shown
    assert "With --keep FOLDER" in shown


def test_commands_for_what_was_kept_stay_on_one_line():
    out = io.StringIO()
    _show(Console(file=out, width=40), told(), FOLDER)
    lines = out.getvalue().splitlines()
    for command, _ in STORY:
        told_ = command.format(config=FOLDER / "meterd.toml", night="2026-03-13", day="2026-03-14")
        assert f"  {told_}" in lines


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    done = CliRunner().invoke(_build(["demo"]), ["demo", "--story", "--keep", str(tmp_path)])
    assert done.exit_code == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
