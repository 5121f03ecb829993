"""The daemon's side of dumps (gateway.dumps.intake)."""

import asyncio
import subprocess
import sys

from config.schema import Dumps, Settings
from gateway.clock import SteadyClock, SystemClock
from gateway.dumps.intake import Intake
from gateway.dumps.spool import Spool
from gateway.review.reviewer import Reviewer
from tests.gateway.dumps.toy import HEAD, ZONE, archive, line, meter
from tests.gateway.plant import FakeOutbox

BODY = f"{HEAD}\r\n{line()}\r\n".encode()


def intake(tmp_path, **ways):
    plain = {"gateway": {"name": "g", "state_dir": tmp_path, "archive": tmp_path}}
    settings = Settings.model_validate({**plain, "dumps": Dumps(**ways)})
    known = archive(meter("1001"))
    clock = SteadyClock(SystemClock())
    return Intake(
        folder=tmp_path / "dumps",
        outbox=FakeOutbox(),
        reviewer=Reviewer(known, {}, clock, ZONE),
        clock=clock,
        settings=lambda: settings,
        archive=lambda: known,
        exchanged=lambda fresh: None,
    )


async def reports(served, folder, count):
    """The reports of so many files, while the intake runs."""
    spool = Spool(folder)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(served.run())
        while len(found := list(spool.done())) < count:
            await asyncio.sleep(0.05)
        running.cancel()
    return [spool.report(ticket.receipt) for ticket in found]


async def test_a_file_that_waits_is_imported(tmp_path):
    spool = Spool(tmp_path / "dumps")
    body = BODY
    ticket = spool.receive([body], name="a.csv", who="x", via="test", now=SystemClock().now())
    spool.confirm(ticket.receipt)
    (report,) = await reports(intake(tmp_path), tmp_path / "dumps", 1)
    assert (report["ok"], report["committed"], report["accepted"]) == (True, True, 1)


async def test_from_the_drop_folder_to_the_report_beside_it(tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "a.csv").write_bytes(BODY)
    served = intake(tmp_path, drop=stick, drop_seconds=1)
    (report,) = await reports(served, tmp_path / "dumps", 1)
    assert report["accepted"] == 1
    assert [path.name for path in stick.iterdir()] == ["taken"]


def test_a_daemon_without_dumps_does_not_load_what_reads_them():
    """It would take room that meters need."""
    code = "import gateway.app, sys; print(*(m for m in sys.modules if 'dumps' in m or 'profiles' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    light = {"gateway.dumps", "gateway.dumps.counts", "gateway.dumps.intake", "gateway.dumps.recorded"}
    assert set(done.stdout.split()) == light
