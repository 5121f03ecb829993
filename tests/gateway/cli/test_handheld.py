"""`meterd simulate handheld`: a reader on a line, received as the daemon does, and at the real upload page."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC

import pytest

from drivers import make_link
from drivers.handover import answers_only, take_files
from gateway.simulate import HandheldPlan, Login, UploadFailed, upload
from gateway.upload import uploads
from tests.drivers.test_handover import Kept
from tests.gateway.upload import toy

LIST = "资产编号,示数类型,上次示数,本次示数,抄表时间,抄表标志,异常代码,抄表员\r\n0001,正有总,100.00,,,0,,\r\n"


async def received(path, *options):
    """What a receiver on the line has, and what the command said at its end."""
    command = [
        sys.executable,
        "-m",
        "gateway",
        "simulate",
        "handheld",
        "ymodem",
        str(path),
        "--json",
        *options,
    ]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kept = Kept()
    try:
        async with asyncio.timeout(90):
            link = make_link("hand-held", json.loads(await process.stdout.readline())["link"], answers_only())
            await link.open()
            try:
                await take_files(link, kept, batch="--xmodem" not in options, limit=1 << 20)
                said = await process.stdout.readline()
            finally:
                await link.close()
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return kept.files, process.returncode, said, errors.decode()


async def test_a_list_is_walked_and_sent(tmp_path):
    path = tmp_path / "route.csv"
    path.write_text(LIST, encoding="gb18030", newline="")
    files, code, said, errors = await received(path, "--fill", "--reader", "W7", "--seed", "5")
    assert code == 0, errors
    assert json.loads(said)["sent"] == ["route.csv"]
    (line,) = files["route.csv"].decode("gb18030").splitlines()[1:]
    cells = line.split(",")
    assert cells[0] == "0001"
    assert float(cells[3]) > 100
    assert cells[5:] == ["1", "", "W7"]


async def test_by_xmodem_it_has_no_name(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"0010203,1\r\n" * 30)
    files, code, _, errors = await received(path, "--xmodem")
    assert (files, code) == ({"": path.read_bytes()}, 0), errors


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [(["--manner", "wrong"], "known", 2), (["--fill"], "list", 2), (["--wait", "0"], "no receiver", 1)],
)
def test_what_does_not_work_is_told(tmp_path, options, said, code):
    path = tmp_path / "a.txt"
    path.write_bytes(b"0010203,1\r\n")
    command = [sys.executable, "-m", "gateway", "simulate", "handheld", "ymodem", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == code
    assert said in done.stderr


@pytest.fixture
async def page(tmp_path, monkeypatch):
    """The real upload page over TLS, and what is on its gateway's route."""
    monkeypatch.setenv("METERD_LANG", "en")
    monkeypatch.setattr(uploads, "_TICK", 0.05)
    async with toy.house(tmp_path) as found:
        (tmp_path / "list.csv").write_text(LIST.replace("0001,", "1001,"), encoding="utf-8", newline="")
        yield found


def plan_of(page, *names, **more):
    return HandheldPlan(files=tuple(page.folder / name for name in names), tz=UTC, **more)


def login_of(page, password=toy.PASSWORD):
    return Login(url=page.base, user="li", password=password, ca_file=page.folder / "page.pem")


async def test_at_the_real_page_it_uploads_and_confirms(page):
    plan = plan_of(page, "list.csv", fill=True)
    (row,) = await asyncio.to_thread(upload, plan, login_of(page), toy.NOW, confirm=True)
    assert (row["ok"], row["accepted"], row["confirmed"]) == (True, 1, True)
    assert [ticket.receipt for ticket in page.spool.waiting()] == [row["number"]]


async def test_what_it_withdraws_is_gone(page):
    plan = plan_of(page, "list.csv", fill=True)
    (row,) = await asyncio.to_thread(upload, plan, login_of(page), toy.NOW, confirm=False)
    assert row["confirmed"] is False
    assert not page.spool.waiting()


async def test_a_wrong_password_and_a_page_without_trust(page):
    plan = plan_of(page, "list.csv")
    with pytest.raises(UploadFailed, match="password is wrong"):
        await asyncio.to_thread(upload, plan, login_of(page, "no"), toy.NOW, confirm=True)
    stranger = Login(url=page.base, user="li", password=toy.PASSWORD)
    with pytest.raises(UploadFailed, match="CERTIFICATE"):
        await asyncio.to_thread(upload, plan, stranger, toy.NOW, confirm=True)
