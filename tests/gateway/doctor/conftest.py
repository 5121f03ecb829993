"""A patient: a configuration of which a test breaks one thing."""

from datetime import UTC, datetime

import pytest

from gateway.clock import SystemClock
from gateway.doctor import patient

TOML = """
[gateway]
name = "so-001"
state_dir = "{folder}/state"
archive = "{folder}"
[metrics]
listen = "127.0.0.1:{port}"
[store]
max_bytes = 1048576
[[target]]
name = "line3"
driver = "meter"
link = "{link}"
[[task]]
name = "registers"
targets = ["line3"]
points = ["1-0:1.8.0"]
every = "15m"
"""


class Now(SystemClock):
    """A clock of which a test says how it is."""

    def __init__(self, year=2026, *, synced=True):
        super().__init__()
        self.year, self.right = year, synced

    def now(self):
        return datetime(self.year, 5, 1, tzinfo=UTC)

    def synced(self):
        return self.right


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


@pytest.fixture
def sick(tmp_path):
    """`sick(more, link=..., port=...)`: the patient with this configuration."""
    (tmp_path / "meters.csv").write_text("asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\n")
    (tmp_path / "state").mkdir(mode=0o700)

    def made(more="", *, link="tcp://127.0.0.1:1", port=1, clock=None, network=True):
        path = tmp_path / "meterd.toml"
        path.write_text(TOML.format(folder=tmp_path, link=link, port=port) + more)
        return patient(path, clock or Now(), network=network)

    return made


@pytest.fixture
def told():
    """`told(check, patient)`: its lines as (level, text, cure)."""
    return lambda check, who: [(str(line.level), line.text, line.cure) for line in check(who)]
