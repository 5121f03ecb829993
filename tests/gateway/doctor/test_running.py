"""What the running daemon says of itself (gateway.doctor.running, gateway.ask)."""

import json

import pytest

from gateway import ask
from gateway.doctor.host import ports
from gateway.doctor.running import daemon
from gateway.http import Server
from gateway.pages import as_dict
from tests.gateway.metrics.figures import snapshot


@pytest.fixture
def running():
    """`running(**changes)` serves the status of a daemon, with changes; its `code` is what /readyz answers."""
    found = as_dict(snapshot()) | {"gateway": "so-001", "targets": []}
    found["uplink"] |= {"problem": None}
    found["config"] |= {"problems": [], "sha256": "1"}
    found["custody"] |= {"dead": 0, "difference": 0}
    found["outbox"] |= {"full": False}
    known = {"code": 200, "status": found}
    pages = {
        "/status": lambda: (200, "application/json", json.dumps(known["status"]).encode()),
        "/readyz": lambda: (known["code"], "text/plain", b""),
    }
    with Server("127.0.0.1:0", pages) as server:
        known["port"] = int(server.address.rpartition(":")[2])
        yield known


def examined(sick, running, told):
    who = sick(port=running["port"])
    running["status"]["config"]["sha256"] = running.get("sha256") or who.loaded.digest
    return told(daemon, who)


def test_a_daemon_in_order(sick, running, told):
    assert examined(sick, running, told) == [("OK", "runs and is ready", "")]
    assert told(ports, sick(port=running["port"]))[0][1].endswith("held by our daemon")


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        ({"config": {"problems": ["line 3"]}}, "WARN", "the last reload was refused: line 3"),
        ({"uplink": {"problem": "h: refused"}}, "WARN", "uplink: h: refused"),
        ({"outbox": {"full": True}}, "FAIL", "the outbox is full"),
        ({"custody": {"dead": 3}}, "WARN", "3 rows are dead letters"),
        ({"custody": {"difference": 1}}, "FAIL", "the books do not close"),
    ],
)
def test_what_is_in_its_way(sick, running, told, change, level, said):
    for table, keys in change.items():
        running["status"][table] |= keys
    first, second = examined(sick, running, told)
    assert first[0] == "OK"
    assert second[0] == level
    assert said in second[1]


def test_not_ready_and_not_these_files(sick, running, told):
    running["code"], running["sha256"] = 503, "another"
    lines = examined(sick, running, told)
    assert [line[:2] for line in lines] == [
        ("WARN", "runs and is not ready"),
        ("WARN", "the files on disk are not what runs"),
    ]


def test_links_that_are_down_are_named_the_first_of_them(sick, running, told):
    running["status"]["targets"] = [
        {"name": f"line{n}", "up": n == 0, "down_reason": "Connection refused"} for n in range(9)
    ]
    texts = [text for _, text, _ in examined(sick, running, told)]
    assert texts[1] == "line1 is down: Connection refused"
    assert texts[-1] == "8 targets are down"
    assert len(texts) == 7


def test_nobody_and_somebody_else(sick, running, told):
    ((level, text, cure),) = told(daemon, sick(port=1))
    assert (level, "no daemon answers" in text) == ("WARN", True)
    assert "systemctl start meterd" in cure
    running["status"]["gateway"] = "so-002"
    assert examined(sick, running, told)[0][1].endswith(": so-002")


def test_another_program_at_the_address():
    with Server("127.0.0.1:0", {"/status": lambda: (200, "text/plain", b"hello")}) as server:
        with pytest.raises(ask.Away, match="no meterd"):
            ask.status(server.address)
        assert ask.page(server.address, "/healthz")[0] == 404
    with pytest.raises(ask.Away, match="empty"):
        ask.status("")
    assert ask.reachable("0.0.0.0:1") == ("127.0.0.1", 1)
