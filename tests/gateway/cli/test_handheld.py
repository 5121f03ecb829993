"""`meterd simulate handheld`: a reader on a line, received as the daemon does."""

import asyncio
import json
import subprocess
import sys

import pytest

from drivers import make_link
from drivers.handover import answers_only, take_files
from tests.drivers.test_handover import Kept

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
