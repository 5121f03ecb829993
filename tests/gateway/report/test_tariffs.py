"""Energy by tariff."""

from datetime import date
from decimal import Decimal

from config.archive import Meter
from config.schema import Tariffs
from config.text import speaking
from gateway.report.places import Place
from gateway.report.table import as_json
from gateway.report.tariffs import peak_numbers, tariff_table
from tests.gateway.energy.conftest import DAY

D = Decimal


def meter(asset, **more):
    return Meter(asset_no=asset, address="", protocol="", target="", **more)


def energy(*values):
    """Total and tariffs from 1 on."""
    return {f"1-0:1.8.{n}": None if value is None else D(value) for n, value in enumerate(values)}


def rows(*found, tariffs=()):
    return as_json(tariff_table([(one, Place("T1"), its) for one, its in found], DAY, tariffs))


def test_parts_and_whether_they_make_the_whole():
    good, off = rows(
        (meter("A"), energy("100.00", "10.00", "20.00", "30.00", "39.96")),
        (meter("B"), energy("100.00", "10.00", "20.00", "30.00", "39.94")),
    )
    assert (good["meter"], good["total_kwh"], good["tariff_4_kwh"]) == ("A", "100.00", "39.96")
    assert (good["difference_kwh"], good["balanced"]) == ("0.04", True)
    assert (off["difference_kwh"], off["balanced"]) == ("0.06", False)
    assert good["tariff_1_share"] == "0.100040"


def test_truncated_registers_of_a_multiplied_meter_may_lack_more():
    (row,) = rows((meter("A", ct=D(40)), energy("100.00", "98.50", "0")))
    assert row["balanced"] is False
    (row,) = rows((meter("A", ct=D(60)), energy("100.00", "98.50", "0")))
    assert row["balanced"] is True


def test_a_part_that_is_not_known_leaves_the_balance_unjudged():
    (row,) = rows((meter("A"), energy("100.00", "10.00", None)))
    assert (row["balanced"], row["difference_kwh"], row["tariff_1_share"]) == (None, None, None)


def test_meters_with_fewer_tariffs_have_empty_cells_and_those_without_none_at_all():
    two, four = rows(
        (meter("A"), energy("3.00", "1.00", "2.00")),
        (meter("B"), energy("10.00", "1.00", "2.00", "3.00", "4.00")),
        (meter("C"), energy("10.00")),
    )
    assert (two["tariff_3_kwh"], two["balanced"], four["balanced"]) == (None, True, True)


def test_names_of_tariffs_stand_beside_their_numbers():
    found = [(meter("A"), Place(), energy("3.00", "1.00", "2.00"))]
    with speaking("zh"):
        titles = [column.title for column in tariff_table(found, DAY, ()).columns]
        assert titles[4:8] == ["1 尖 kWh", "1 尖 %", "2 峰 kWh", "2 峰 %"]
    own = (Tariffs(names=("day", "night")),)
    titles = [column.title for column in tariff_table(found, DAY, own).columns]
    assert titles[4:8] == ["1 day kWh", "1 day %", "2 night kWh", "2 night %"]


def test_peak_tariffs_by_their_names_of_the_day():
    assert peak_numbers((), ("sharp", "peak"), date(2026, 5, 1)) == (1, 2)
    dated = (Tariffs(names=("峰", "谷")), Tariffs(names=("谷", "平", "峰"), valid_from=date(2026, 6, 1)))
    assert peak_numbers(dated, ("峰",), date(2026, 5, 1)) == (1,)
    assert peak_numbers(dated, ("峰",), date(2026, 6, 1)) == (3,)
