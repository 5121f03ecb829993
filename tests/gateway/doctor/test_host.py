"""Clock, disk, ports (gateway.doctor.host)."""

import os

import pytest

from gateway.doctor.host import clock, disk, ports
from gateway.http import Server
from tests.gateway.doctor.conftest import Now


@pytest.mark.parametrize(
    ("now", "levels"),
    [
        (Now(), ["OK", "OK"]),
        (Now(synced=False), ["WARN", "OK"]),
        (Now(1970), ["FAIL", "OK"]),
    ],
)
def test_the_clock(sick, told, now, levels):
    lines = told(clock, sick(clock=now))
    assert [level for level, *_ in lines] == levels
    assert lines[1][1].startswith("Asia/Shanghai: ")
    assert lines[1][1].endswith("+0800")


def test_room_for_the_outbox(sick, told):
    assert [level for level, *_ in told(disk, sick())] == ["OK"]
    who = sick().loaded.settings.store.model_copy(update={"max_bytes": 1 << 50})
    big = sick()
    big.loaded = type(big.loaded)(
        big.settings.model_copy(update={"store": who}), big.loaded.archive, big.path, big.loaded.digest
    )
    ((level, text, cure),) = told(disk, big)
    assert level == "WARN"
    assert "may still grow" in text
    assert "store.max_bytes" in cure


def test_what_a_state_folder_tells(sick, told, tmp_path):
    state = tmp_path / "state"
    (state / "outbox.db").write_bytes(bytes(700_000))
    (state / "outbox.db.corrupt-20260501T000000").touch()
    with (state / "outbox.db-wal").open("wb") as wal:
        os.truncate(wal.fileno(), 65 << 20)
    lines = told(disk, sick())
    assert [level for level, *_ in lines] == ["OK", "WARN", "WARN", "WARN", "WARN"]
    texts = "\n".join(text for _, text, _ in lines)
    for part in ("the ballast was given up", "outbox.db-wal has 65 MiB", "67% of its cap", "corrupt-2026"):
        assert part in texts


def test_addresses_to_listen_at(sick, told):
    with Server("127.0.0.1:0", {}) as taken:
        port = int(taken.address.rpartition(":")[2])
        ((level, text, cure),) = told(ports, sick(port=port))
        assert level == "FAIL"
        assert "Address already in use" in text
        assert cure == f"ss -ltnp 'sport = :{port}'"
        link = f"tcp-listen://127.0.0.1:{port}"
        lines = told(ports, sick(link=link, port=0))
        assert [level for level, *_ in lines] == ["OK", "FAIL"]
        lines = told(ports, sick(f'[upload]\nlisten = "127.0.0.1:{port}"\n', port=0))
        assert [level for level, *_ in lines] == ["OK", "WARN"]
    assert [level for level, *_ in told(ports, sick(port=port))] == ["OK"]


def test_what_others_can_reach_is_said(sick, told):
    who = sick(port=0)
    who.path.write_text(who.path.read_text().replace("127.0.0.1:0", "0.0.0.0:0"))
    from gateway.doctor import patient

    lines = told(ports, patient(who.path, Now()))
    assert [level for level, *_ in lines] == ["OK", "WARN"]
    who.path.write_text(who.path.read_text().replace("0.0.0.0:0", ""))
    assert told(ports, patient(who.path, Now()))[0][0] == "WARN"
