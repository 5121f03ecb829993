"""Problems as a person reads them (config.errors)."""

from config.errors import ConfigError, Problem, folded


def problem(line=3, **values):
    return Problem(**{"file": "m.csv", "line": line, "key": "ct", "message": "wrong"} | values)


def test_a_problem_in_words(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    full = problem(expected="300/5", nearest="x", written="CT变比")
    assert str(full) == "m.csv:3: ct (CT变比): wrong; expected 300/5; did you mean 'x'?"
    assert str(problem(line=None)) == "m.csv: ct: wrong"
    assert str(problem(expected="x", nearest="x")) == "m.csv:3: ct: wrong; expected x"
    monkeypatch.setenv("METERD_LANG", "zh")
    assert str(problem(expected="300/5", nearest="x")) == "m.csv:3: ct: wrong；应为 300/5；是否想写 'x'？"


def test_an_error_shows_all():
    assert str(ConfigError((problem(), problem(4)))).count("\n") == 1


def test_the_same_mistake_in_many_lines_names_them_all(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    lines = [9, 3, 4, 5, 12]
    (one,) = folded(problem(line) for line in lines)
    assert (one.line, one.message) == (3, "wrong (5 lines: 3-5, 9, 12)")


def test_a_few_or_different_ones_stay_as_they_are():
    few = [problem(5), problem(3), problem(4)]
    assert [one.line for one in folded(few)] == [3, 4, 5]
    different = [problem(line, message=str(line)) for line in (1, 2, 3, 4, 5)]
    assert folded(reversed(different)) == tuple(different)
    assert folded([]) == ()
