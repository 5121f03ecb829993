"""The airtime budget: what a plan costs, and that one that cannot fit is refused with a figure and a cure."""

import pytest

from config.archive import Archive, Meter
from config.schema import Gateway, Settings, Target, Task
from gateway.airtime import ANSWER_SECONDS, RETRY_SHARE, bus_wire, check, timetable
from gateway.models import model_of

MODEL = {"blocks": True, "tariffs": 4, "daily_freeze": True, "settlement": True, "load_record": True}
SINGLE = ("1-0:1.8.0",)


def target(name="line3", link="serial:/dev/ttyS1?baud=2400&mode=8E1", **kwargs):
    return Target(name=name, driver="meter", link=link, **kwargs)


def task(name="registers", every="15m", points=SINGLE, targets=("line3",), **kwargs):
    return Task(name=name, targets=targets, points=points, every=every, **kwargs)


def archive_of(count, name="line3", **kwargs):
    meters = tuple(
        Meter(asset_no=f"{name}{i}", address=f"{i:012d}", protocol="dlt645-2007", target=name, **kwargs)
        for i in range(count)
    )
    return Archive(meters=meters, by_target={name: meters})


def plans(targets, tasks, archive, model=MODEL):
    settings = Settings(gateway=Gateway(name="g"), target=targets, task=tasks)
    return timetable(settings, archive, lambda _: model)


def test_a_single_register_costs_its_bytes_the_answer_and_the_pauses():
    plan = plans((target(),), (task(),), archive_of(10))[0]
    # FE FE FE FE and 16 bytes there, FE FE FE FE and 20 bytes back, 11 bits each.
    good = (20 + 24) * 11 / 2400 + ANSWER_SECONDS + 0.03
    lost = 20 * 11 / 2400 + 0.5 + 0.03
    assert plan.tasks[0].questions == 10
    assert plan.tasks[0].seconds_per_slot == pytest.approx(10 * (good + RETRY_SHARE * lost), rel=0.02)
    assert plan.share == pytest.approx(plan.tasks[0].seconds_per_slot / 900)
    assert plan.fits


def test_a_daily_freeze_reads_its_stamp_before_and_after():
    daily = plans((target(),), (task(every="1d"),), archive_of(1))[0]
    live = plans((target(),), (task(every="1d", source="live"),), archive_of(1))[0]
    assert daily.tasks[0].questions == live.tasks[0].questions + 2


def test_a_meter_without_a_freeze_is_read_live():
    model = MODEL | {"daily_freeze": False, "settlement": False}
    for every in ("1d", "1mo"):
        plan = plans((target(),), (task(every=every),), archive_of(1), model)[0]
        assert plan.tasks[0].questions == 1


def test_blocks_save_airtime():
    points = tuple(f"1-0:1.8.{t}" for t in range(5))
    together = plans((target(),), (task(points=points),), archive_of(1))[0]
    singly = plans((target(),), (task(points=points),), archive_of(1), MODEL | {"blocks": False})[0]
    assert (together.tasks[0].questions, singly.tasks[0].questions) == (1, 5)
    assert together.share < singly.share / 3


def test_a_plan_that_cannot_fit_is_refused_with_its_figure_and_a_cure(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    tasks = (task(every="1m"), task("curve", every="15m", points=("1-0:32.7.0", "1-0:16.7.0")))
    settings = Settings(gateway=Gateway(name="g"), target=(target(),), task=tasks)
    problems = check(settings, archive_of(180), lambda _: MODEL, "meterd.toml")
    assert len(problems) == 1
    text = str(problems[0])
    assert "target.line3" in text
    assert "link line3: 1" in text
    assert "% of its time at 2400 baud" in text
    assert "drop registers" in text
    assert "every 5m fits for registers" in text


def test_every_cure_that_is_offered_works():
    for count in (170, 200, 400, 900):
        tasks = (task(every="1m"), task("curve", every="15m", points=("1-0:32.7.0", "1-0:16.7.0")))
        settings = Settings(gateway=Gateway(name="g"), target=(target(),), task=tasks)
        archive = archive_of(count)
        text = check(settings, archive, lambda _: MODEL)[0].message
        for name in ("registers", "curve"):
            rest = tuple(t for t in tasks if t.name != name)
            if f"drop {name}" in text:
                assert plans((target(),), rest, archive)[0].fits
            if f"fits for {name}" in text:
                every = text.split("every ")[1].split(" fits")[0]
                assert plans((target(),), (*rest, task(name, every, tasks[0].points)), archive)[0].fits


def test_targets_on_one_line_share_its_time():
    two = (target("a"), target("b"))
    archive = Archive(by_target=archive_of(5, "a").by_target | archive_of(5, "b").by_target)
    found = plans(two, (task(targets=("a", "b")),), archive)
    assert len(found) == 1
    assert found[0].target == "a+b"
    assert found[0].tasks[0].meters == 10


def test_the_speed_behind_tcp_is_the_targets_or_the_slowest_meters():
    tcp = "tcp://192.0.2.7:9001"
    meters = archive_of(2, baud=4800).meters + archive_of(1, baud=2400).meters
    assert bus_wire(target(link=tcp, baud=9600), meters).baud == 9600
    assert bus_wire(target(link=tcp), meters).baud == 2400
    assert bus_wire(target(link=tcp), meters + archive_of(1).meters).baud == 0
    assert bus_wire(target(link=tcp), ()).baud == 0


def test_meters_out_of_service_cost_nothing():
    plan = plans((target(),), (task(),), archive_of(10, status="removed"))[0]
    assert plan.share == 0


def test_it_reads_in_chinese_too(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    settings = Settings(gateway=Gateway(name="g"), target=(target(),), task=(task(every="1m"),))
    assert "占用" in check(settings, archive_of(400), lambda _: MODEL)[0].message


def _modbus(protocol, link, **more):
    target = Target(name="t", driver="modbus", link=link, **more)
    task = Task(name="all", targets=("t",), points=("1-0:1.8.0", "1-0:32.7.0", "1-0:21.8.0"), every="1m")
    settings = Settings(gateway=Gateway(name="g"), target=(target,), task=(task,))
    meters = [
        Meter(asset_no=f"M{unit}", address=str(unit), protocol=protocol, model="eastron-sdm630", target="t")
        for unit in range(1, 31)
    ]
    archive = Archive(meters=tuple(meters), by_target={"t": tuple(meters)})
    (plan,) = timetable(settings, archive, model_of)
    return plan


def test_modbus_over_tcp_takes_the_time_of_its_answers():
    plan = _modbus("modbus-tcp", "tcp://h:1")
    assert plan.tasks[0].questions == 30 * 3
    assert plan.tasks[0].seconds_per_slot == pytest.approx(90 * ANSWER_SECONDS, rel=0.2)
    slow = _modbus("modbus-tcp", "tcp://h:1", turnaround_ms=200)
    assert slow.tasks[0].seconds_per_slot > plan.tasks[0].seconds_per_slot + 90 * 0.2


def test_modbus_on_a_serial_line_takes_the_time_of_its_wire():
    plan = _modbus("modbus-rtu", "serial:/dev/x?baud=9600&mode=8N1")
    # A request has 8 characters, a reply 5 and two for each register: 2, 2 and 2 registers.
    wire = 30 * 3 * (8 + 5 + 4) * 10 / 9600
    assert plan.tasks[0].seconds_per_slot == pytest.approx(wire + 90 * (ANSWER_SECONDS + 0.03), rel=0.1)
