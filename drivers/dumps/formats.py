"""The layouts by name: how each is recognised among profiles and read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from drivers.dumps.files import Opened
from protocols.dumps import delimited, sniff
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec

__all__ = ["FORMATS", "Format", "choose", "rows"]

Read = Callable[[Opened, Spec, tzinfo, Notes], Iterator[Row | Bad]]
Fit = Callable[[Opened, Spec], int]


@dataclass(frozen=True, slots=True)
class Format:
    """`read` yields rows; `fit` says how well a profile of this layout fits a file, 0 not at all.

    `layouts` are the names that `sniff.layout` may give for such a file.
    """

    read: Read
    fit: Fit
    layouts: tuple[str, ...]


def _always(_file: Opened, _spec: Spec) -> int:
    return 1


FORMATS: dict[str, Format] = {
    "delimited": Format(
        lambda file, spec, tz, notes: delimited.rows(file.reader, spec, tz, notes),
        lambda file, spec: delimited.fit(file.reader, spec),
        ("text",),
    ),
}


def choose(file: Opened, known: Iterable[Spec], wanted: Spec | None = None) -> Spec:
    """The profile that fits a file best, or the wanted one if the file can be of its layout; raises DumpError."""
    layout = sniff.layout(file.head(sniff.HEAD))
    if wanted is not None:
        if not layout or layout not in FORMATS[wanted.format].layouts:
            raise DumpError("other_format", f"{layout or '?'} != {wanted.format}")
        return wanted
    if not layout:
        raise DumpError("unknown_format")
    fitting = [spec for spec in known if layout in FORMATS[spec.format].layouts]
    scored = [(FORMATS[spec.format].fit(file, spec), spec) for spec in fitting]
    best = max(scored, key=lambda pair: pair[0], default=(0, None))
    if best[1] is None or not best[0]:
        raise DumpError("no_profile", layout)
    return best[1]


def rows(file: Opened, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The records of a file by its profile; raises DumpError where it cannot be read on."""
    for count, item in enumerate(FORMATS[spec.format].read(file, spec, tz, notes), 1):
        if count > file.limits.max_rows:
            raise DumpError("too_many_rows", str(file.limits.max_rows))
        yield item
