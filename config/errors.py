"""What can be wrong with a configuration."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from config.text import say

__all__ = ["ConfigError", "Problem", "folded"]

# So many rows with the very same mistake are told one by one.
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: where it is, what is wrong, what was expected, and the nearest thing that would be right.

    `written` is the key as it stands in the file, where that is another name for it (a table's own header).
    """

    file: str
    line: int | None
    key: str
    message: str
    expected: str = ""
    nearest: str = ""
    written: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        name = f"{self.key} ({self.written})" if self.written else self.key
        text = f"{where}: {name}: {self.message}"
        if self.expected:
            text += say(f"; expected {self.expected}", f"；应为 {self.expected}")
        if self.nearest and self.nearest != self.expected:
            text += say(f"; did you mean {self.nearest!r}?", f"；是否想写 {self.nearest!r}？")
        return text


class ConfigError(Exception):
    """A configuration or archive that cannot be used; carries every problem found in one run."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def folded(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file and line; the same mistake in many lines of a file is one problem that names them all."""
    groups: dict[Problem, list[Problem]] = {}
    for problem in sorted(problems, key=lambda found: (found.file, found.line or 0)):
        groups.setdefault(replace(problem, line=None), []).append(problem)
    found: list[Problem] = []
    for group in groups.values():
        found += group if len(group) <= _FEW else [_one_of(group)]
    return tuple(sorted(found, key=lambda problem: (problem.file, problem.line or 0)))


def _one_of(group: Sequence[Problem]) -> Problem:
    lines = ", ".join(_ranges([problem.line or 0 for problem in group]))
    count = len(group)
    message = say(
        f"{group[0].message} ({count} lines: {lines})", f"{group[0].message}（{count} 行：{lines}）"
    )
    return replace(group[0], message=message)


def _ranges(lines: Sequence[int]) -> Iterator[str]:
    """Ascending line numbers, as 3, 5-9, 12."""
    first = last = lines[0]
    for line in (*lines[1:], None):
        if line is not None and line <= last + 1:
            last = line
            continue
        yield str(first) if first == last else f"{first}-{last}"
        if line is not None:
            first = last = line
