"""A table of metrics, each declared once with its help, made from plain figures when somebody asks.

Labels come from fixed lists only; never a meter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from gateway.metrics.exposition import CONTENT_TYPE, Line, Sample, family
from gateway.metrics.process import process

__all__ = ["CONTENT_TYPE", "Exporter", "Sample", "Table", "by", "one"]

S = TypeVar("S")
_Read = Callable[[S], Iterable[Sample]]
_Buckets = Callable[[S], tuple[Sequence[int], float]]


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
        self._makers: dict[str, Callable[[S], Iterable[Line]]] = {}

    def gauge(self, name: str, text: str, read: _Read[S]) -> None:
        """Declare a gauge."""
        self._plain("gauge", name, text, read)

    def counter(self, name: str, text: str, read: _Read[S]) -> None:
        """Declare a counter."""
        self._plain("counter", name, text, read)

    def histogram(self, name: str, text: str, bounds: Sequence[float], read: _Buckets[S]) -> None:
        """Declare a histogram; `read` gives counts per bucket, the last one beyond all bounds, and the sum."""

        def make(figures: S) -> Iterable[Line]:
            counts, total = read(figures)
            return _cumulated(bounds, counts, total)

        self._add("histogram", name, text, make)

    def lines(self, figures: S) -> Iterator[str]:
        """The exposition of every metric."""
        for name, make in self._makers.items():
            kind, text = self.kinds[name]
            yield from family(f"meterd_{name}", kind, text, make(figures))

    def _plain(self, kind: str, name: str, text: str, read: _Read[S]) -> None:
        self._add(kind, name, text, lambda figures: [("", *sample) for sample in read(figures)])

    def _add(self, kind: str, name: str, text: str, make: Callable[[S], Iterable[Line]]) -> None:
        self.kinds[name] = kind, text
        self._makers[name] = make


def _cumulated(bounds: Sequence[float], counts: Sequence[int], total: float) -> Iterator[Line]:
    running = 0
    for bound, count in zip((*map(str, bounds), "+Inf"), counts or [0] * (len(bounds) + 1), strict=True):
        running += count
        yield "_bucket", {"le": bound}, running
    yield "_count", {}, running
    yield "_sum", {}, total


class Exporter(Generic[S]):
    """Makes the text of /metrics from the figures as they stand."""

    def __init__(self, table: Table[S], figures: Callable[[], S]) -> None:
        self._table, self._figures = table, figures

    def text(self) -> bytes:
        """The exposition text, of the process too."""
        return "".join((*self._table.lines(self._figures()), *process())).encode()
