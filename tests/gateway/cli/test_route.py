"""`meterd route`: from the ledger to the list and what came back (gateway.cli.route, gateway.routes.desk)."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.load import load
from gateway.clock import SystemClock
from gateway.dumps.rounds import ROUNDS, Came, Rounds
from gateway.outbox import Entry, Outbox
from gateway.outbox.entry import Mark
from simulators.rounds import Walk, filled

ARCHIVE = """asset_no,address,protocol,target,route,sequence,name,tariffs
M1,1,dlt645-2007,line3,0010203,2,张三,4
M2,2,dlt645-2007,line3,0010203,1,李四,1
M3,3,dlt645-2007,line3,0010203,3,王五,4
"""


@pytest.fixture
def plant(config, tmp_path):
    """A configuration whose ledger says that M1 and M2 gave nothing for four days."""
    path = config()
    (tmp_path / "meters.csv").write_text(ARCHIVE, "utf-8")
    loaded = load(path)

    async def ledger():
        folder = loaded.settings.gateway.state_dir
        folder.mkdir()
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        marks = [
            Mark(
                task="registers",
                target="line3",
                slot=now - timedelta(hours=12 * n),
                meter=meter,
                outcome=outcome,
            )
            for n in range(10)
            for meter, outcome in (("M1", "timeout"), ("M2", "timeout"), ("M3", "ok"))
        ]
        async with await Outbox.open(
            folder / "outbox.db", loaded.settings.store, "so-001", SystemClock()
        ) as outbox:
            await outbox.append(Entry(marks=tuple(marks), urgent=True))

    asyncio.run(ledger())
    return path


def test_who_was_missed(meterd, plant):
    (found,) = meterd("route", "missed", "-c", plant, "--json").objects
    assert [one["meter"] for one in found["missed"]] == ["M2", "M1"]
    assert meterd("route", "missed", "-c", plant, "--days", "30", "--json").objects[0]["missed"] == []


def test_from_the_list_to_what_came_back(meterd, plant, tmp_path):
    done = meterd("route", "export", "-c", plant, "-o", tmp_path / "list.csv", "--json")
    (made,) = done.objects
    assert (made["meters"], made["registers"], made["left_out"]) == (2, 2, [])
    rows = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert "asset_no" in rows[0]
    assert ["李四" in rows[1], "张三" in rows[2]] == [True, True]
    with Rounds(tmp_path / "state" / "dumps" / ROUNDS) as rounds:
        rounds.back([Came("M1", "1-0:1.8.0", "read", datetime.now(UTC) + timedelta(hours=1), "R001")])
    (told,) = meterd("route", "status", "-c", plant, made["list"], "--json").objects
    assert told["lists"][0]["counts"] == {"read": 1, "out": 1}
    assert told["lists"][0]["missing"] == ["M2"]
    assert "M2" in meterd("route", "status", "-c", plant).stdout


def test_who_is_on_a_list_is_not_sent_for_twice(meterd, plant, tmp_path):
    options = ["-o", tmp_path / "list.csv", "--json"]
    assert meterd("route", "export", "-c", plant, "--route", "9", *options).exit_code == 1
    (made,) = meterd("route", "export", "-c", plant, "--route", "0010203", *options).objects
    assert made["meters"] == 2
    again = meterd("route", "export", "-c", plant, *options)
    assert (again.exit_code, "--again" in again.stderr) == (1, True)
    assert meterd("route", "export", "-c", plant, "--again", "0", *options).objects[0]["meters"] == 2
    (found,) = meterd("route", "missed", "-c", plant, "--json").objects
    assert [one["listed"] for one in found["missed"]] == [True, True]


def test_a_list_that_is_walked_comes_back_whole(meterd, plant, tmp_path):
    """Export, a simulated technician, import, and the view of what came back."""
    out = tmp_path / "list.csv"
    (made,) = meterd("route", "export", "-c", plant, "-o", out, "--json").objects
    assert made["list"] in out.read_text("utf-8-sig")
    end = datetime.now(ZoneInfo("Asia/Shanghai"))  # before the list went out, by the reader's clock
    out.write_bytes(filled(out.read_bytes(), Walk(end=end, seed=4)))
    (report,) = meterd("import", "-c", plant, out, "--json").objects
    assert (report["rows"], report["accepted"], report["quarantined"]) == (2, 2, 0)
    (told,) = meterd("route", "status", "-c", plant, "--json").objects
    (one,) = told["lists"]
    assert (one["counts"], one["missing"]) == ({"read": 2}, [])


def test_what_came_by_itself_meanwhile_is_told(meterd, plant, tmp_path):
    meterd("route", "export", "-c", plant, "-o", tmp_path / "list.csv")
    loaded = load(plant)

    async def later():
        path = loaded.settings.gateway.state_dir / "outbox.db"
        async with await Outbox.open(path, loaded.settings.store, "so-001", SystemClock()) as outbox:
            slot = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            mark = Mark(task="registers", target="line3", slot=slot, meter="M1", outcome="ok")
            await outbox.append(Entry(marks=(mark,), urgent=True))

    asyncio.run(later())
    (one,) = meterd("route", "status", "-c", plant, "--json").objects[0]["lists"]
    assert (one["missing"], one["recovered"]) == (["M1", "M2"], ["M1"])


def test_a_profile_of_ones_own(meterd, plant, tmp_path):
    (tmp_path / "own").mkdir()
    text = 'title = "x"\ntitle_zh = "x"\nformat = "delimited"\n[columns]\nasset_no = ["BIAOHAO"]\n'
    (tmp_path / "own" / "vendor.toml").write_text(text)
    with plant.open("a") as file:
        file.write('\n[dumps]\nprofiles = "own"\n')
    done = meterd("route", "export", "-c", plant, "-o", tmp_path / "list.csv", "--profile", "vendor")
    assert done.exit_code == 0, done.stderr
    assert "BIAOHAO" in (tmp_path / "list.csv").read_text("utf-8-sig")


def test_only_tasks_that_read_registers_count(meterd, plant):
    loaded = load(plant)
    assert [task.name for task in loaded.settings.task] == ["registers"]

    async def voltages():
        path = loaded.settings.gateway.state_dir / "outbox.db"
        async with await Outbox.open(path, loaded.settings.store, "so-001", SystemClock()) as outbox:
            slot = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
            mark = Mark(task="voltages", target="line3", slot=slot, meter="M1", outcome="ok")
            await outbox.append(Entry(marks=(mark,), urgent=True))

    asyncio.run(voltages())
    (found,) = meterd("route", "missed", "-c", plant, "--json").objects
    assert [one["meter"] for one in found["missed"]] == ["M2", "M1"]


def test_named_meters_and_registers_that_they_have(meterd, plant, tmp_path):
    points = ["--point", "1-0:1.8.0", "--point", "1-0:1.8.2"]
    options = ["--meter", "M2", "--meter", "M3", *points, "--profile", "jsonl", "--json"]
    (made,) = meterd("route", "export", "-c", plant, "-o", tmp_path / "list.jsonl", *options).objects
    assert made["registers"] == 3  # M2 has one tariff only


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--meter", "M9"], 2),
        (["--profile", "none"], 2),
        (["--profile", "nem12"], 2),
        (["--encoding", "ebcdic"], 2),
        (["--days", "30"], 1),
    ],
)
def test_what_cannot_be_done(meterd, plant, tmp_path, options, code):
    done = meterd("route", "export", "-c", plant, "-o", tmp_path / "list", *options)
    assert done.exit_code == code
    assert done.stderr
    assert not (tmp_path / "list").exists()


def test_a_daemon_that_never_ran(meterd, config):
    done = meterd("route", "missed", "-c", config())
    assert (done.exit_code, "outbox" in done.stderr) == (1, True)
    assert meterd("route", "status", "-c", config(), "--json").objects == [{"lists": []}]
