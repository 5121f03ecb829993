"""Whose clocks are looked at before a target's time is set."""

from config.archive import Archive, Meter
from config.schema import Target
from gateway.assembly import clocks_of, patience_of


def clocks(driver, *protocols, address=None, link="tcp://h:1"):
    meters = tuple(
        Meter(asset_no=f"m{n}", address=f"{n:012d}", protocol=protocol, target="t", point_no=n)
        for n, protocol in enumerate(protocols, 1)
    )
    archive = Archive(meters=meters, by_target={"t": meters})
    return clocks_of(archive, Target(name="t", driver=driver, link=link, address=address))


def test_all_meters_of_a_bus_hear_a_broadcast():
    assert [meter.asset_no for meter in clocks("meter", "dlt645-2007", "dlt645-1997")] == ["m1", "m2"]
    assert clocks("modbus", "modbus-tcp") == ()


def test_a_terminal_has_a_clock_of_its_own():
    (itself,) = clocks("concentrator", "dlt645-2007", "dlt645-2007", address="33010065")
    assert (itself.asset_no, itself.point_no, itself.protocol) == ("t", 0, "gdw1376.1")


def test_an_ertu_is_asked_for_its_own_through_any_of_its_meters():
    (first,) = clocks("ertu", "iec102", "iec102", address="1")
    assert first.asset_no == "m1"


def test_a_carrier_modules_time_is_not_ours_to_set():
    assert clocks("carrier", "dlt645-2007", address="1") == ()


def test_a_channel_may_be_silent_for_an_answer_and_a_call():
    plain = Target(name="a", driver="meter", link="serial:/dev/ttyS1", reply_ms=500, gap_ms=500)
    slow = Target(name="b", driver="meter", link="serial:/dev/ttyS1", latency_ms=30_000)
    modem = Target(name="c", driver="meter", link="modem:/dev/ttyS2?dial_seconds=90", number="1")
    assert patience_of([plain]) == 121.0
    assert patience_of([plain, slow]) == 151.0
    assert patience_of([modem]) == 211.0
