"""`meterd check`."""

import pytest


def test_a_good_configuration(meterd, config):
    done = meterd("check", "-c", config("serial:/dev/ttyS1?baud=2400&mode=8E1", meters=3))
    assert done.exit_code == 0
    assert "meters: 3, targets: 1, tasks: 1" in done.stdout
    assert not done.stderr


def test_as_json(meterd, config):
    done = meterd("check", "-c", config(), "--json")
    assert done.objects == [
        {"ok": True, "problems": [], "warnings": [], "meters": 1, "targets": 1, "tasks": 1}
    ]


def test_a_warning_is_shown_and_no_mistake(meterd, config):
    path = config()
    path.write_text(path.read_text() + "\n[store]\nballast_bytes = 0\n")
    done = meterd("check", "-c", path)
    assert done.exit_code == 0
    assert done.stderr.startswith(f"warning: {path}:")
    assert "store.ballast_bytes" in done.stderr
    found = meterd("check", "-c", path, "--json").objects[0]
    assert [warning["key"] for warning in found["warnings"]] == ["store.ballast_bytes"]


def test_every_mistake_is_printed(meterd, config):
    path = config(points='["1-0:1.8.zero"]')
    path.write_text(path.read_text().replace("retries", "retrys") + "\n[control]\nenabled = true\n")
    done = meterd("check", "-c", path)
    assert done.exit_code == 2
    assert not done.stdout
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines[:-1]] == [
        "target.0.retrys",
        "task.0.points",
        "control.enabled",
    ]
    assert all(f"{path}:" in line for line in lines[:-1])
    assert lines[-1] == "3 to mend"


def test_mistakes_as_json(meterd, config):
    path = config()
    path.write_text(path.read_text().replace("retries", "retrys"))
    (found,) = meterd("check", "-c", path, "--json").objects
    assert (found["ok"], found["meters"]) == (False, None)
    (problem,) = found["problems"]
    assert set(problem) == {"file", "line", "key", "message", "expected", "nearest", "written"}
    assert (problem["line"], problem["nearest"]) == (10, "retries")


def test_a_plan_that_cannot_fit_is_refused_with_figure_and_line(meterd, config):
    path = config("serial:/dev/ttyS1?baud=2400&mode=8E1", every="1m", meters=400)
    done = meterd("check", "-c", path, "--json")
    assert done.exit_code == 2
    (problem,) = done.objects[0]["problems"]
    assert (problem["line"], problem["key"]) == (5, "target.line3")
    assert "of its time at 2400 baud" in problem["message"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[gateway]\n"])
def test_whatever_is_no_configuration_is_bad_input(meterd, tmp_path, content):
    path = tmp_path / "meterd.toml"
    path.write_bytes(content)
    done = meterd("check", "-c", path)
    assert done.exit_code == 2
    assert str(path) in done.stderr


def test_no_file(meterd, tmp_path):
    assert meterd("check", "-c", tmp_path / "none").exit_code == 2
