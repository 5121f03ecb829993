"""A configuration as the daemon would run it: read, and judged by what only the whole shows."""

from dataclasses import replace
from pathlib import Path

from config.errors import ConfigError, Problem, folded
from config.load import Loaded, keeping_models, load
from config.locate import line_of
from gateway import airtime
from gateway.models import model_of

__all__ = ["configured"]


def configured(path: Path | str) -> Loaded:
    """The configuration of a file with its archive; raises ConfigError with every problem, also of its airtime."""
    with keeping_models():
        loaded = load(path)
        problems = airtime.check(loaded.settings, loaded.archive, model_of, str(loaded.path))
        if problems:
            raise ConfigError(folded(_with_line(loaded, problem) for problem in problems))
    return loaded


def _with_line(loaded: Loaded, problem: Problem) -> Problem:
    """A problem of a target or task by name, with the line where that begins."""
    table, _, name = problem.key.partition(".")
    named = {
        "target": [target.name for target in loaded.settings.target],
        "task": [task.name for task in loaded.settings.task],
    }
    for index, one in enumerate(named.get(table, ())):
        if problem.line is None and one in {name, *name.split("+"), name.removesuffix(".points")}:
            return replace(problem, line=line_of(loaded.text, (table, index)))
    return problem
