"""Names of tariffs by the day (config.tariffs)."""

from datetime import date

import pytest

from config.schema import Tariffs
from config.tariffs import point_name, tariff_name
from tests.config.conftest import TOML

OLD, NEW = date(2021, 1, 1), date(2026, 5, 1)
DATED = (
    Tariffs(valid_from=date(2026, 5, 1), names=("峰", "平", "谷")),
    Tariffs(valid_from=date(2021, 1, 1), names=("尖", "峰", "平", "谷")),
)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


def test_usual_names(monkeypatch):
    assert [tariff_name((), n, NEW) for n in (0, 1, 5, 6)] == ["", "sharp", "deep valley", ""]
    monkeypatch.setenv("METERD_LANG", "zh")
    assert [tariff_name((), n, NEW) for n in (1, 2, 3, 4, 5)] == ["尖", "峰", "平", "谷", "深谷"]


def test_names_hold_from_their_day_on():
    assert [tariff_name(DATED, 1, day) for day in (date(2020, 12, 31), OLD, date(2026, 4, 30), NEW)] == [
        "", "尖", "尖", "峰"
    ]  # fmt: skip
    assert tariff_name(DATED, 4, NEW) == ""
    assert tariff_name((Tariffs(names=("a",)),), 1, date.min) == "a"


def test_the_number_stays_beside_the_name(monkeypatch):
    assert point_name("1-0:1.8.1", (), NEW) == "forward active energy, tariff 1 (sharp)"
    assert point_name("1-0:1.8.0", (), NEW) == "forward active energy, total"
    assert point_name("1-0:1.8.9", (), NEW) == "forward active energy, tariff 9"
    assert point_name("1-0:1.6.2*1", (), NEW).endswith("tariff 2 (peak)")
    assert point_name("1-0:32.7.0", (), NEW)
    assert point_name("dlt645-2007:04000101", (), NEW) == ""
    assert point_name(None, (), NEW) == ""
    monkeypatch.setenv("METERD_LANG", "zh")
    assert point_name("1-0:1.8.1", DATED, NEW) == "正向有功电能(费率1 峰)"


def test_names_of_a_file(folder):
    folder.toml = TOML + '[[tariffs]]\nvalid_from = 2026-05-01\nnames = ["尖", "峰"]\n'
    assert folder.load().settings.tariffs == (Tariffs(valid_from=NEW, names=("尖", "峰")),)
