"""Files looked at in processes of their own (gateway.upload.clerk, gateway.upload.worker)."""

import asyncio
import gzip
import io
import json
import sys
import zipfile

import pytest

from config.text import speaking
from gateway.dumps.desk import FOLDER
from gateway.dumps.spool import Spool
from gateway.upload import clerk as module
from gateway.upload import worker
from gateway.upload.clerk import Failed, Processes
from gateway.upload.places import Places
from tests.gateway.upload import toy
from tests.gateway.upload.toy import NOW, PROCESSES, dump, written


def held(folder, body, name="x.csv"):
    written(folder, "")
    spool = Spool(Places(folder / "state").spool)
    return spool, spool.receive([body], name=name, who="li", via="upload", now=NOW).receipt


def test_both_know_the_same_spool(tmp_path):
    assert Places(tmp_path).spool == tmp_path / FOLDER


async def test_the_whole_way_with_processes(tmp_path):
    async with (
        toy.house(tmp_path, checker=PROCESSES) as house,
        house.signed_in(**{"Accept-Language": "zh"}) as client,
    ):
        body = dump(*range(1001, 1031)) + "1031,总,1,1,abc,2024-05-01 08:30:00,R001,1,00\r\n".encode()
        number = await client.checked(body)
        said = await client.shown(number)
        assert "31 行中有 30 行可以导入" in said
        await client.post(f"/uploads/{number}/confirm")
        house.daemon()
        assert "已导入 30 行" in await client.shown(number)


def bombs():
    """Files that are small to send and large to open."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"<x>" + b" " * 120_000_000)
    yield "workbook", packed.getvalue()
    names = io.BytesIO()
    with zipfile.ZipFile(names, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"xl/{number}.xml", b"")
    yield "members", names.getvalue()
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield "entities", f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]><l>&l9;</l>'.encode()
    yield "foreign", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    yield "packed", gzip.compress(b"0" * 50_000_000)
    yield "deep", b"[" * 1_000_000
    yield "objects", b'{"a":' * 100_000


async def test_bombs_are_refused_and_the_page_goes_on(tmp_path):
    async with toy.house(tmp_path, checker=PROCESSES) as house, house.signed_in() as client:
        for name, body in bombs():
            number = await client.checked(body, name)
            said = await client.shown(number)
            assert "Nothing of this file can be imported" in said, name
            assert "root:" not in said
            assert "check itself failed" not in said, name
            await client.post(f"/uploads/{number}/withdraw")


def test_the_worker_by_itself(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(worker.os, "nice", lambda _by: 0)
    spool, number = held(tmp_path, dump("1001", "9999"))
    arguments = [str(tmp_path / "meterd.toml"), str(tmp_path / "state"), number]
    assert worker.main(["check", *arguments]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"rows": 2}
    assert lines[-1]["figures"]["unknown"] == 1
    assert worker.main(["digest", *arguments]) == 1
    spool.withdraw(number)
    assert worker.main(["check", *arguments]) == 1


def test_a_configuration_with_mistakes_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(worker.os, "nice", lambda _by: 0)
    _, number = held(tmp_path, dump("1001"))
    (tmp_path / "meterd.toml").write_text("nonsense")
    assert worker.main(["check", str(tmp_path / "meterd.toml"), str(tmp_path / "state"), number]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["reason"] == "gateway"
    assert "meterd.toml" in said.err


async def ran(monkeypatch, tmp_path, code, longest=20.0):
    """What becomes of a worker that is this code."""
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(module.sys, "executable", str(program))
    rows = []
    found = await Processes(tmp_path, tmp_path, longest).check("240502-3F9A0C", rows.append)
    return found, rows


async def test_what_it_says(monkeypatch, tmp_path):
    code = 'import os; print(\'{"rows": 7}\'); print(\'{"ok": "%s"}\' % os.environ["METERD_LANG"])'
    with speaking("zh"):
        assert await ran(monkeypatch, tmp_path, code) == ({"ok": "zh"}, [7])


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(1)",
        "pass",
        "import os; os.kill(os.getpid(), 9)",
        "raise KeyError",
        "print('{\"ok\": 1}'); exit(3)",
    ],
)
async def test_one_that_fails(monkeypatch, tmp_path, code):
    with pytest.raises(Failed):
        await ran(monkeypatch, tmp_path, code)


async def test_one_that_hangs_is_ended(monkeypatch, tmp_path):
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    with pytest.raises(Failed):
        await ran(monkeypatch, tmp_path, code, longest=1.5)
    assert not _alive(tmp_path / "pid")


async def test_one_is_ended_with_the_page(monkeypatch, tmp_path):
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    task = asyncio.create_task(ran(monkeypatch, tmp_path, code))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _alive(tmp_path / "pid")


def _alive(file):
    import os

    try:
        os.kill(int(file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True
