"""A configuration in a folder of its own, whole unless a test breaks it."""

import pytest

from config.errors import ConfigError
from config.load import load

TOML = """[gateway]
name = "so-001"

[[target]]
name = "line3"
driver = "meter"
link = "serial:/dev/ttyS1?baud=2400&mode=8E1"

[[task]]
name = "registers"
targets = ["line3"]
points = ["1-0:1.8.0"]
every = "15m"
"""
METERS = "asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\nM2,2,dlt645-1997,line3\n"


class Folder:
    """`folder.toml` and `folder.archive[...]` are what will be written; `problems()` what load says."""

    def __init__(self, path):
        self.path = path / "meterd.toml"
        self.toml = TOML
        self.archive = {"meters.csv": METERS}

    def load(self):
        raw = self.toml if isinstance(self.toml, bytes) else self.toml.encode()
        self.path.write_bytes(raw)
        (self.path.parent / "archive").mkdir(exist_ok=True)
        for name, content in self.archive.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (self.path.parent / "archive" / name).write_bytes(raw)
        return load(self.path)

    def problems(self):
        with pytest.raises(ConfigError) as caught:
            self.load()
        return caught.value.problems

    def problem(self):
        (only,) = self.problems()
        return only


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    return Folder(tmp_path)
