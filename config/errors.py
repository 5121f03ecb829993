"""What can be wrong with a configuration."""

from dataclasses import dataclass

from config.text import say

__all__ = ["ConfigError", "Problem"]


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
        if self.nearest:
            text += say(f"; did you mean {self.nearest!r}?", f"；是否想写 {self.nearest!r}？")
        return text


class ConfigError(Exception):
    """A configuration or archive that cannot be used; carries every problem found in one run."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
