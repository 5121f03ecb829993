"""A table of metrics, each declared once with its help, made from plain figures when somebody asks.

Labels come from fixed lists only; never a meter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.clock import boot_time

__all__ = ["CONTENT_TYPE", "Exporter", "Process", "Sample", "Table", "by", "one"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float]
"""Labels and value."""

S = TypeVar("S")
_Read = Callable[[S], Iterable[Sample]]
_Buckets = Callable[[S], tuple[Sequence[int], float]]
_FAMILIES: dict[str, Callable[..., GaugeMetricFamily | CounterMetricFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
}


def one(value: Callable[[S], float | None]) -> _Read[S]:
    """A metric without labels; None gives no sample."""

    def read(figures: S) -> Iterable[Sample]:
        found = value(figures)
        return () if found is None else (({}, float(found)),)

    return read


def by(label: str, known: Sequence[str], counts: Callable[[S], Mapping[Any, float]]) -> _Read[S]:
    """One sample for each known label value, from the start at zero; others are counted as the last."""

    def read(figures: S) -> Iterable[Sample]:
        found = {str(name): float(n) for name, n in list(counts(figures).items())}
        sums = {name: found.pop(name, 0.0) for name in known}
        if found:
            sums[known[-1]] += sum(found.values())
        return [({label: name}, value) for name, value in sums.items()]

    return read


class Table(Generic[S]):
    """Metrics of one program over its figures `S`, in the order of their declaration."""

    def __init__(self) -> None:
        self.kinds: dict[str, tuple[str, str]] = {}
        """Name (without prefix) to kind and help."""
        self._makers: dict[str, Callable[[S], Metric]] = {}

    def gauge(self, name: str, text: str, read: _Read[S]) -> None:
        """Declare a gauge."""
        self._plain("gauge", name, text, read)

    def counter(self, name: str, text: str, read: _Read[S]) -> None:
        """Declare a counter."""
        self._plain("counter", name, text, read)

    def histogram(self, name: str, text: str, bounds: Sequence[float], read: _Buckets[S]) -> None:
        """Declare a histogram; `read` gives counts per bucket, the last one beyond all bounds, and the sum."""

        def make(figures: S) -> Metric:
            counts, total = read(figures)
            family = HistogramMetricFamily(f"meterd_{name}", text)
            family.add_metric([], _cumulated(bounds, counts), total)
            return family

        self._add("histogram", name, text, make)

    def collect(self, figures: S) -> Iterator[Metric]:
        """Every family."""
        for make in self._makers.values():
            yield make(figures)

    def _plain(self, kind: str, name: str, text: str, read: _Read[S]) -> None:
        def make(figures: S) -> Metric:
            samples = list(read(figures))
            labels = list(samples[0][0]) if samples else []
            family = _FAMILIES[kind](f"meterd_{name}", text, labels=labels)
            for given, value in samples:
                family.add_metric(list(given.values()), value)
            return family

        self._add(kind, name, text, make)

    def _add(self, kind: str, name: str, text: str, make: Callable[[S], Metric]) -> None:
        self.kinds[name] = kind, text
        self._makers[name] = make


def _cumulated(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    running, buckets = 0, []
    for bound, count in zip((*map(str, bounds), "+Inf"), counts or [0] * (len(bounds) + 1), strict=True):
        running += count
        buckets.append((bound, float(running)))
    return buckets


class Process(ProcessCollector):
    """Memory, processor time and files of this process.

    The library takes the machine's start from /proc/stat and shows nothing without it; the units hide that file
    (ProcSubset=pid).
    """

    def _boot_time(self) -> float:
        return boot_time()


class Exporter(Collector, Generic[S]):
    """Makes the text of /metrics from the figures as they stand."""

    def __init__(self, table: Table[S], figures: Callable[[], S]) -> None:
        self._table, self._figures = table, figures
        self._registry = CollectorRegistry()
        self._registry.register(self)
        Process(registry=self._registry)

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: figures exist only while the program runs."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        return self._table.collect(self._figures())
