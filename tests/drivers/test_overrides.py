"""A meter model's own formats hold for what is read on the wire, in whatever way it was asked for."""

from decimal import Decimal

from config.archive import Meter
from config.models import load_model
from config.schema import Target
from drivers.meter import MeterDriver
from drivers.order import Order, Want
from tests.drivers.line import FakeMeter, bcd, line
from tests.drivers.test_meter import ADDRESS, NOW, TZ
from tests.drivers.toy import virtually

TARGET = Target(name="line1", driver="meter", link="tcp://h:1", retries=0)
VOLTAGES = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")


def read(fake, model, points, want=Want.LIVE):
    """Values by point of one order, read of this meter by a driver that knows its model."""

    async def main():
        link = line(fake)
        await link.open()
        driver = MeterDriver(link, tz=TZ, now=lambda: NOW, model=lambda meter: model)
        meter = Meter(asset_no="M1", address=ADDRESS, protocol=model["protocol"], target="line1")
        return await driver.run(Order(meter=meter, want=want, points=points), TARGET, 0)

    result = virtually(main())
    assert not result.failures
    return {reading.point: reading.value for reading in result.readings}


def test_tenths_of_a_volt_by_single_identifiers():
    fake = FakeMeter(ADDRESS, {"B611": bcd("2205")})
    model = load_model("tenth-volt-1997")
    assert read(fake, model, VOLTAGES[:1]) == {VOLTAGES[0]: Decimal("220.5")}
    assert read(fake, load_model("dlt645-1997"), VOLTAGES[:1]) == {VOLTAGES[0]: Decimal(2205)}


def test_tenths_of_a_volt_in_a_block():
    fake = FakeMeter(ADDRESS, {"B61F": bcd("2205") + bcd("2210") + bcd("2199")})
    values = read(fake, load_model("tenth-volt-1997"), VOLTAGES)
    assert fake.asked == ["B61F"]
    assert values == dict(zip(VOLTAGES, map(Decimal, ["220.5", "221.0", "219.9"]), strict=True))


def test_an_identifier_of_the_2007_kind_with_another_scale():
    fake = FakeMeter(ADDRESS, {"00010000": bcd("00123456")})
    own = {"00010000": {"scale": "0.001"}}
    model = dict(load_model("dlt645-2007")) | {"blocks": False, "overrides": own}
    assert read(fake, model, ("1-0:1.8.0",)) == {"1-0:1.8.0": Decimal("123.456")}
    assert read(fake, load_model("dlt645-2007"), ("1-0:1.8.0",)) == {"1-0:1.8.0": Decimal("1234.56")}


def test_a_settlement_has_a_line_of_its_own():
    """The identifier of the settlement is overridden, and the live one is not."""
    fake = FakeMeter(ADDRESS, {"00010001": bcd("00123456")})
    own = {"00010001": {"scale": "0.001"}}
    model = dict(load_model("dlt645-2007")) | {"blocks": False, "overrides": own}
    assert read(fake, model, ("1-0:1.8.0*1",)) == {"1-0:1.8.0*1": Decimal("123.456")}
