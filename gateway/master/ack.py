"""Which batches of an epoch the master has: everything up to a number, and ranges beyond it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Have"]

_RANGES = 5_000

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Have:
    """Batches from 1 to `upto` are there, and those in the ascending ranges `also`, both ends included."""

    upto: int = 0
    also: tuple[Range, ...] = ()

    def add(self, numbers: Iterable[int]) -> "Have":
        """The same with more batches."""
        spans = [(1, self.upto), *self.also] if self.upto else list(self.also)
        spans += [(number, number) for number in numbers]
        return _joined(sorted(spans))

    def without(self, number: int) -> "Have":
        """The same without one batch; nothing before it changes."""
        cut: list[Range] = []
        for first, last in [(1, self.upto), *self.also] if self.upto else self.also:
            if first <= number <= last:
                cut += [span for span in ((first, number - 1), (number + 1, last)) if span[0] <= span[1]]
            else:
                cut.append((first, last))
        return _joined(cut)

    def both(self, other: "Have") -> "Have":
        """What this one and the other have."""
        mine, theirs = _spans(self), _spans(other)
        found = [(max(a, c), min(b, d)) for a, b in mine for c, d in theirs if max(a, c) <= min(b, d)]
        return _joined(sorted(found))

    def body(self, epoch: str) -> bytes:
        """The body of `down/ack`; of very many ranges the first ones, the others come when those have closed."""
        ranges = [list(span) for span in self.also[:_RANGES]]
        return json.dumps({"epoch": epoch, "upto": self.upto, "also": ranges}, separators=(",", ":")).encode()


def _spans(have: Have) -> list[Range]:
    return [(1, have.upto), *have.also] if have.upto else list(have.also)


def _joined(spans: list[Range]) -> Have:
    found: list[Range] = []
    for first, last in spans:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    if found and found[0][0] == 1:
        return Have(found[0][1], tuple(found[1:]))
    return Have(0, tuple(found))
