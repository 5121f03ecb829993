"""The text format of Prometheus, version 0.0.4: what a scraper reads."""

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["CONTENT_TYPE", "Line", "Sample", "family"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float]
"""Labels and value."""
Line = tuple[str, Mapping[str, str], float]
"""What the name of a sample has behind its family's, labels and value."""

_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def family(name: str, kind: str, text: str, lines: Iterable[Line]) -> Iterator[str]:
    """The lines of one metric with its help, each with its end; `kind` is gauge, counter or histogram."""
    yield f"# HELP {name} {text.translate(_HELP)}\n# TYPE {name} {kind}\n"
    for suffix, labels, value in lines:
        yield f"{name}{suffix}{_labels(labels)} {float(value)!r}\n"


def _labels(given: Mapping[str, str]) -> str:
    if not given:
        return ""
    return (
        "{" + ",".join(f'{label}="{value.translate(_LABEL)}"' for label, value in sorted(given.items())) + "}"
    )
