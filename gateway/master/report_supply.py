"""The quality of supply in a period, part by part, from what the master has."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from config.archive import Meter
from config.quality import Quality
from config.schema import Tariffs
from config.text import say
from gateway.energy.factor import registers
from gateway.energy.period import Period
from gateway.energy.record import FORWARD
from gateway.energy.tariff import tariff_points
from gateway.master.report_outages import Told, outages
from gateway.master.report_quality import Member, energies, heard, members, network, numbers_of, samples
from gateway.master.stores.base import Store
from gateway.report.outages import OUTAGES, outage_rows
from gateway.report.places import Network, Place, Wanted
from gateway.report.quality import FREQUENCY, PHASES, Sampled, factors, frequencies, voltages
from gateway.report.quality_rows import FACTOR, FREQUENCY_COLUMNS, VOLTAGE
from gateway.report.reliability import RELIABILITY, customer_outages, reliability
from gateway.report.table import Table
from gateway.report.tariffs import MOST_TARIFFS, peak_numbers, tariff_table

__all__ = ["Supply"]

_IN_SERVICE = "in service"
_NONE = Place()


@dataclass(frozen=True)
class Supply:
    """Asks a store; what ends after `now` ends now. Raises StoreProblem."""

    store: Store
    period: Period
    wanted: Wanted
    quality: Quality
    tariffs: Sequence[Tariffs]
    now: datetime

    def table(self, part: str) -> Table:
        """One of `voltage`, `factor`, `frequency`, `reliability`, `outages`, `tariffs`."""
        return _PARTS[part](self)

    @cached_property
    def _network(self) -> Network:
        return network(self.store, self.period)

    @cached_property
    def _numbers(self) -> Sequence[int]:
        return numbers_of(self.store, self._network, self.wanted)

    def voltage(self) -> Table:
        """Voltages of monitored points."""
        rows = voltages(self._sampled(tuple(PHASES)))
        return Table(say("voltage", "电压合格率"), VOLTAGE, rows)

    def frequency(self) -> Table:
        """Frequencies."""
        rows = frequencies(self._sampled((FREQUENCY,)), small=self.quality.small_system)
        return Table(say("frequency", "频率合格率"), FREQUENCY_COLUMNS, rows)

    def factor(self) -> Table:
        """Power factors of customers."""
        peak = peak_numbers(self.tariffs, self.quality.peak, self.period.day)
        points = {point for tariff in (0, *peak) for point in registers(tariff)}
        return Table(say("power factor", "功率因数"), FACTOR, factors(self._energies(points), peak))

    def split(self) -> Table:
        """Energies by tariff."""
        points = {FORWARD, *tariff_points(FORWARD, MOST_TARIFFS)}
        return tariff_table(self._energies(points), self.period, self.tariffs)

    def reliability(self) -> Table:
        """Reliability by area; of customers that were asked for only these."""
        net, period = self._supplied, self._past
        rows = []
        if net.customers:
            lost = customer_outages(net, self._targets, self._told, period)
            numbers = {self._in_service[meter].number: meter for meter in net.customers}
            read = {numbers[number] for number in heard(self.store, period, numbers)}
            rows = reliability(net, lost, period, self.quality, read)
        return Table(say("reliability", "供电可靠率"), RELIABILITY, rows)

    def outages(self) -> Table:
        """Outages one by one."""
        rows = outage_rows(self._supplied, self._targets, self._told, self._past, self.wanted)
        return Table(say("outages", "停电"), OUTAGES, rows)

    @cached_property
    def _past(self) -> Period:
        """What of the period is over; nothing of one that lies ahead."""
        now = self.now.astimezone(self.store.zone)
        return replace(self.period, end=max(self.period.start, min(self.period.end, now)))

    @cached_property
    def _supplied(self) -> Network:
        """With the customers in service that were asked for."""
        if self._past.start == self._past.end:
            return Network()
        net = self._network
        asked = {meter for meter, place in net.customers.items() if self.wanted.takes(meter, place)}
        return net.within(asked & self._in_service.keys())

    @cached_property
    def _targets(self) -> Mapping[tuple[int, str], list[str]]:
        found: dict[tuple[int, str], list[str]] = defaultdict(list)
        for meter in self._supplied.customers:
            one = self._in_service[meter]
            found[one.gateway, one.meter.target].append(meter)
        return found

    @cached_property
    def _told(self) -> Told:
        return outages(self.store, self._past)

    @cached_property
    def _in_service(self) -> Mapping[str, Member]:
        assets = sorted(self._network.customers)
        self.store.reload(assets)
        numbers = [self.store.ids["meters"][asset] for asset in assets]
        return {
            one.meter.asset_no: one
            for one in members(self.store, numbers).values()
            if one.meter.status == _IN_SERVICE
        }

    def _sampled(self, points: Sequence[str]) -> list[Sampled]:
        found = samples(self.store, self.period, points, self._numbers)
        return [
            Sampled(one.meter, self._place(one.meter), found[number])
            for number, one in members(self.store, found).items()
        ]

    def _energies(self, points: set[str]) -> Iterator[tuple[Meter, Place, Mapping[str, Decimal | None]]]:
        found = energies(self.store, self.period, points, self._numbers)
        for number, one in members(self.store, found).items():
            yield one.meter, self._place(one.meter), found[number]

    def _place(self, meter: Meter) -> Place:
        return self._network.places.get(meter.asset_no, _NONE)


_PARTS: Mapping[str, Callable[[Supply], Table]] = {
    "voltage": Supply.voltage,
    "factor": Supply.factor,
    "frequency": Supply.frequency,
    "reliability": Supply.reliability,
    "outages": Supply.outages,
    "tariffs": Supply.split,
}
