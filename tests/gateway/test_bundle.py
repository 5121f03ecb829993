"""What a support bundle is made of (gateway.bundle)."""

import io
import json
import tarfile
from dataclasses import replace

import pytest

from gateway.bundle import MAX_PART, PARTS, collect, pack
from gateway.clock import SystemClock
from gateway.doctor import patient
from gateway.finding import Finding
from gateway.outbox import Entry
from gateway.review.findings import Book
from tests.servers.outbox_support import AT, entry, opened

METERS = (
    "asset_no,address,protocol,target,name\nA-4711,1,dlt645-2007,line3,Zhang\nA-4712,2,dlt645-2007,line3,Li\n"
)
TOML = """
[gateway]
name = "so-001"
state_dir = "{0}/state"
archive = "{0}"
[metrics]
listen = "127.0.0.1:1"
[[target]]
name = "line3"
driver = "meter"
link = "tcp://127.0.0.1:1"
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


@pytest.fixture
async def who(tmp_path):
    """A gateway with two batches and one open finding."""
    (tmp_path / "meters.csv").write_text(METERS)
    (tmp_path / "meterd.toml").write_text(TOML.format(tmp_path))
    book = Book()
    known = Finding(
        key="R003:A-4711:", rule="R003", meter="A-4711", point="", began=AT, ended=None, severity=2, state="open",
        value="", limit="", check="", source="line3",
    )  # fmt: skip
    book._put(known)
    book._put(replace(known, key="R003:A-4712:", meter="A-4712"))
    async with opened(tmp_path / "state") as outbox:
        await outbox.append(entry(1))
        await outbox.append(Entry(saves=(("finding:line3", book.pack("line3")),)))
    return patient(tmp_path / "meterd.toml", SystemClock(), network=False)


def parts(who, log=""):
    return {part.name: part.body.decode() for part in collect(who, log)}


async def test_everything_is_there_and_nothing_of_customers(who):
    found = parts(who)
    assert list(found) == list(PARTS)
    assert json.loads(found["archive.json"])["meters_by"]["protocol"] == {"dlt645-2007": 2}
    assert json.loads(found["outbox.json"])["books"]["accepted"] == 1
    findings = json.loads(found["findings.json"])
    assert findings["open"] == 2
    assert findings["by_rule"] == [{"rule": "R003", "target": "line3", "severity": 2, "open": 2}]
    assert "no daemon answers" in found["status.json"]
    assert json.loads(found["versions.json"])["packages"]["meterd"]
    assert "Zhang" not in "".join(found.values())
    assert "A-4711" not in "".join(found.values())


async def test_a_wrong_configuration_gives_what_there_is(who):
    who.path.write_text("[gateway]\nname = so-001\n")
    found = parts(patient(who.path, SystemClock(), network=False))
    assert list(found) == ["meterd.toml", "versions.json", "doctor.json", "archive.json"]
    assert "left out" in found["meterd.toml"]
    assert json.loads(found["doctor.json"])[0]["level"] == "FAIL"


async def test_a_secret_that_somebody_else_shows_is_removed(who, monkeypatch):
    part = (("odd", "odd"), lambda _: b"mqtt://u:c4n4ry@h, password: c4n4ry")
    monkeypatch.setattr("gateway.bundle.PARTS", {"versions.json": part})
    assert parts(who)["versions.json"] == 'mqtt://(removed)@h, password: "(removed)"'


async def test_parts_are_bounded_and_a_log_keeps_its_end(who):
    who.path.write_text(who.path.read_text() + "# long\n" * 300_000)
    found = parts(
        who, f"begin password=c4n4ry{'-c4n4ry' * 10_000}\n" + "a line\n" * 150_000 + "x" * 100_000 + "\nend\n"
    )
    assert len(found["meterd.toml"]) == MAX_PART
    assert MAX_PART - 100 < len(found["log.txt"]) <= MAX_PART
    assert found["log.txt"].startswith("a line\n")
    assert found["log.txt"].endswith("x\nend\n")


async def test_the_list_stands_in_it(who):
    body = pack(list(collect(who, "a line")), "meterd-support", AT)
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        names = tar.getnames()
        listed = tar.extractfile("meterd-support/CONTENTS.txt").read().decode()
        assert all(member.mode == 0o600 for member in tar.getmembers())
    assert names[1:] == [f"meterd-support/{name}" for name in (*PARTS, "log.txt")]
    assert [line.split()[0] for line in listed.splitlines()] == [*PARTS, "log.txt"]
