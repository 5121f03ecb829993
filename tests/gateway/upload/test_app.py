"""Composition, the command and the process (gateway.upload.app)."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from gateway.upload import app
from gateway.upload.app import build
from gateway.upload.errors import BadRecord, UserError
from tests.gateway.upload.toy import Hands, written

ROOT = Path(__file__).parents[3]
ENV = {**os.environ, "METERD_LANG": "en", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def config(tmp_path):
    written(tmp_path, 'listen = "127.0.0.1:0"\n')
    return tmp_path / "meterd.toml"


def test_the_daemon_loads_no_web_framework():
    code = "import sys, gateway.app, gateway.dumps.importer; print([n for n in sys.modules if n.startswith('aiohttp')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENV, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


async def test_the_process_serves_says_ready_and_stops(config, tmp_path):
    """From a one-time password to a look at the record, as an operator does it."""
    import socket

    from tests.gateway.upload.toy import Client, dump

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(0)
        command = (sys.executable, "-m", "gateway", "upload", "serve", "-c", str(config))
        environment = ENV | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        process = await asyncio.create_subprocess_exec(
            *command, stderr=asyncio.subprocess.PIPE, env=environment, cwd=ROOT
        )
        async with asyncio.timeout(60):
            ready = (await asyncio.get_running_loop().sock_recv(notify, 999)).decode()
        address = ready.partition("listening at ")[2].strip()
        assert ready.startswith("READY=1")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            client = Client(session, f"http://{address}")
            page = await client.get("/login")
            assert page.status == 200
            assert (await client.upload(dump("1001"))).status == 401
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors


async def test_what_keeps_it_from_starting(tmp_path):
    written(tmp_path, 'listen = "127.0.0.1:0"\n')
    page = tmp_path / "state/upload"
    page.mkdir(parents=True)
    for name, kind in (("users.json", UserError), ("record.jsonl", BadRecord)):
        (page / name).mkdir()
        with pytest.raises(kind):
            await build(written(tmp_path, 'listen = "127.0.0.1:0"\n'), Hands())
        (page / name).rmdir()


def test_nothing_is_expanded_before_anybody_looks():
    """A packed body is refused by its header; aiohttp would have begun to unpack it by then."""
    assert app._options()["auto_decompress"] is False
