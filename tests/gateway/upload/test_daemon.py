"""The page beside the real daemon: what is confirmed is imported, once (gateway.upload.uploads)."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from tests.gateway.upload import toy
from tests.gateway.upload.toy import PROCESSES, dump

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def daemon(folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "gateway", "run", "-c", str(folder / "meterd.toml"))
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def test_confirmed_once_and_known_the_second_time(tmp_path):
    more = '[metrics]\nlisten = ""\n'
    async with toy.house(tmp_path, more=more, checker=PROCESSES) as house, house.signed_in() as client:
        body = dump(*range(1001, 1031), "9999")
        first = await client.checked(body, "first.csv")
        assert "30 of 31 rows can be imported" in await client.shown(first)
        await client.post(f"/uploads/{first}/confirm")
        async with daemon(tmp_path) as process:
            assert "Imported: 30 rows" in await client.shown(first)
            second = await client.checked(body, "second.csv")
            assert f"imported before, as <bdi>{first}</bdi>" in await client.shown(second)
            await client.post(f"/uploads/{second}/confirm")
            said = await client.shown(second)
            assert f"imported before, as <bdi>{first}</bdi>" in said
            assert "Receipt" in said
            assert process.returncode is None
        assert process.returncode == 0
