"""One story by the command, kept: its summary and its folder."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway.cli import _build

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Kept:
    folder: Path
    exit_code: int
    summary: dict

    @property
    def begin(self):
        return datetime.combine(date.fromisoformat(self.summary["first"]), time(), ZONE)

    @property
    def database(self):
        return f"sqlite:///{self.folder / 'master.db'}"


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story") / "left"
    done = CliRunner().invoke(_build(["demo"]), ["demo", "--story", "--json", "--keep", str(folder)])
    assert done.stdout, done.exception
    return Kept(folder, done.exit_code, json.loads(done.stdout))
