"""`meterd concentrator`: our archive written down to a simulated concentrator, and back."""

import json
import os
import subprocess
from datetime import UTC, datetime, time

import pytest

from config.load import load
from drivers.errors import DriverError
from gateway.archivesync import ArchiveSync, SyncError, busy_freezing
from gateway.simulate import TerminalPlan, district_of
from simulators.serve import TcpLine
from simulators.terminal import Entry
from tests.tools.district import District
from tests.tools.plant import METERD, ROOT

MORNING = datetime(2026, 3, 10, 2, tzinfo=UTC)  # 10:00 in Shanghai


class Clock:
    def __init__(self, at=MORNING):
        self.at = at

    def now(self):
        return self.at


class Case:
    """A concentrator of 5 meters; ours has another meter at point 2, and theirs one more at 9."""

    def __init__(self, folder, *, allowed=True, clock=None):
        self.folder = folder
        self.allowed = allowed
        (self.terminal,) = district_of(TerminalPlan(count=1, meters=5)).terminals.values()
        self.ours = {pn: point.entry for pn, point in self.terminal.points.items()}
        meters = list(self.terminal.meters)
        self.terminal.points.pop(4)
        self.terminal._put(Entry(pn=2, address=meters[4]))
        self.terminal._put(Entry(pn=9, address=meters[0]))
        self.before = self.now_there()
        self.clock = clock or Clock()
        self.steps = []

    def now_there(self):
        return {pn: point.entry.address for pn, point in self.terminal.points.items()}

    async def __aenter__(self):
        self.line = await TcpLine(self.terminal).__aenter__()
        district = District(self.folder, count=1, meters=5)
        text = district.write().read_text().replace(f"tcp-listen://127.0.0.1:{district.port}", self.line.link)
        text += f"\n[send]\narchive_write = {json.dumps(self.allowed)}\n"
        district.config.write_text(text)
        self.config = district.config
        loaded = load(district.config)
        self.sync = ArchiveSync(
            loaded, loaded.settings.target[0], self.clock, lambda *step: self.steps.append(step)
        )
        return self

    async def __aexit__(self, *failure):
        await self.line.__aexit__(*failure)


async def test_looking_changes_nothing(tmp_path):
    async with Case(tmp_path, allowed=False) as case:
        outcome = await case.sync.run(dry_run=True, delete=False)
        assert case.now_there() == case.before
    assert [line.split(":")[0] for line in outcome.lines] == ["pn 2", "pn 4", "pn 9"]
    assert (outcome.written, outcome.undo, outcome.entries) == (0, None, 5)


async def test_differences_are_written_read_back_and_can_be_undone(tmp_path):
    async with Case(tmp_path) as case:
        outcome = await case.sync.run(dry_run=False, delete=False)
        assert (outcome.written, outcome.deleted, outcome.left) == (2, 0, ())
        there = case.now_there()
        assert {pn: there[pn] for pn in range(1, 6)} == {pn: entry.address for pn, entry in case.ours.items()}
        assert 9 in there
        assert outcome.undo.is_file()
        back = await case.sync.restore(outcome.undo)
        assert case.now_there() == case.before
        assert (back.written, back.deleted, back.left) == (5, 1, ())
    assert ("read back", 512, 512) in case.steps


async def test_what_is_not_ours_goes_only_where_that_is_asked_for(tmp_path):
    async with Case(tmp_path) as case:
        outcome = await case.sync.run(dry_run=False, delete=True)
        assert outcome.deleted == 1
        assert set(case.now_there()) == {1, 2, 3, 4, 5}
        again = await case.sync.run(dry_run=False, delete=True)
        assert (again.lines, again.undo) == ((), None)


async def test_nothing_is_written_without_the_switch_or_while_freezes_are_made(tmp_path):
    async with Case(tmp_path, allowed=False) as case:
        with pytest.raises(SyncError, match="archive_write"):
            await case.sync.run(dry_run=False, delete=False)
    midnight = Clock(datetime(2026, 3, 10, 16, 30, tzinfo=UTC))
    async with Case(tmp_path / "b", clock=midnight) as case:
        with pytest.raises(SyncError, match="23:45"):
            await case.sync.run(dry_run=False, delete=False)
        assert case.now_there() == case.before
    assert [busy_freezing(time(*at)) for at in ((23, 44), (23, 45), (1, 59), (2, 0))] == [
        False,
        True,
        True,
        False,
    ]


async def test_a_terminal_that_denies_leaves_the_undo_file(tmp_path):
    async with Case(tmp_path) as case:
        case.terminal.refuses.add(0x04)
        with pytest.raises(DriverError):
            await case.sync.run(dry_run=False, delete=False)
        assert case.now_there() == case.before
    (undo,) = (tmp_path / "state" / "concentrators").iterdir()
    assert len(json.loads(undo.read_text())["entries"]) == 5


async def test_a_terminal_that_does_not_dial_in_is_not_waited_for_for_ever(tmp_path):
    district = District(tmp_path, count=1)
    loaded, steps = load(district.write()), []
    sync = ArchiveSync(
        loaded, loaded.settings.target[0], Clock(), lambda *step: steps.append(step), patience=0.05
    )
    with pytest.raises(SyncError, match=f"dialled in to tcp-listen://127.0.0.1:{district.port}"):
        await sync.run(dry_run=True, delete=False)
    assert steps == [("dial in", 0, 1)]


async def test_an_undo_file_of_another_target_is_refused(tmp_path):
    undo = tmp_path / "x.json"
    async with Case(tmp_path / "c") as case:
        for text in ('{"v": 1, "target": "jzq2"}', "{", '{"v": 1, "target": "jzq1"}'):
            undo.write_text(text)
            with pytest.raises(SyncError):
                await case.sync.restore(undo)


def test_the_command_says_which_targets_there_are(tmp_path):
    district = District(tmp_path, count=2)
    command = [*METERD, "concentrator", "sync", "-c", str(district.write()), "x", "--dry-run"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"LANG": "C"})
    assert found.returncode == 2
    assert "jzq1, jzq2" in found.stderr
