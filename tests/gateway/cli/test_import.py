"""`meterd import` without a configuration: the pure check of a file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.schema import Dumps
from gateway.dumps import desk
from tests.gateway.dumps.toy import dump, line


def test_as_json(meterd, tmp_path):
    path = dump(tmp_path, *(line(str(n)) for n in range(20)), line("99", this="x"), encoding="gb18030")
    done = meterd("import", path, "--json")
    assert done.exit_code == 0
    (told,) = done.objects
    assert (told["format"], told["encoding"], told["rows"], told["accepted"]) == (
        "delimited",
        "gb18030",
        21,
        20,
    )
    assert (told["unread"], told["quarantined"], told["duplicates"], told["unknown_meters"]) == (0, 1, 0, 0)
    (bad,) = told["quarantine"]
    assert path.read_bytes()[bad["offset"] :].startswith(b"99,")
    assert (bad["line"], bad["reason"], bad["field"], bad["value"]) == (22, "number", "this_read", "x")


@pytest.mark.parametrize(("language", "said"), [("en", "accepted 2"), ("zh", "接收 2")])
def test_for_people(meterd, tmp_path, monkeypatch, language, said):
    monkeypatch.setenv("METERD_LANG", language)
    done = meterd("import", dump(tmp_path, line("1"), line("2", last="999")))
    assert done.exit_code == 0
    assert said in done.stdout
    assert "H001" in done.stdout


def test_exit_codes(meterd, tmp_path):
    refused = dump(tmp_path, line("1"), line("2", this="x"), name="bad.csv")
    assert meterd("import", refused).exit_code == 1
    assert meterd("import", tmp_path / "none.csv").exit_code == 2
    assert meterd("import").exit_code == 2
    assert meterd("import", refused, "--profile", "none").exit_code == 2
    assert meterd("import", "-c", tmp_path / "none.toml", refused).exit_code == 2


def test_profiles_are_listed(meterd):
    names = [row["name"] for row in meterd("import", "--profiles", "--json").objects]
    assert "delimited" in names
    assert "delimited-wide" in meterd("import", "--profiles").stdout


def test_hostile_cells_stay_inert(meterd, tmp_path):
    rows = [line(str(n)) for n in range(30)] + [line("\x1b]0;x\x07<script>", this="[red]x[/red]\r")]
    done = meterd("import", dump(tmp_path, *rows))
    assert "\x1b" not in done.stdout
    assert "<script>" in done.stdout


def test_a_profile_of_ones_own(meterd, tmp_path):
    own = tmp_path / "vendor.toml"
    own.write_text(
        'title = "v"\ntitle_zh = "v"\nformat = "delimited"\nheader = false\ndelimiter = "|"\ntimes = ["MMDDYY"]\n'
        "[columns]\nasset_no = 2\nthis_read = 1\nread_time = 4\n",
        "utf-8",
    )
    path = tmp_path / "a.txt"
    path.write_bytes(b"5.5|123||050124\n6.5|124||050124\n")
    done = meterd("import", path, "--json", "--profile", own)
    assert (done.exit_code, done.objects[0]["accepted"], done.objects[0]["profile"]) == (0, 2, "vendor")
    own.write_text("title = 1\n", "utf-8")
    assert meterd("import", path, "--profile", own).exit_code == 2


def test_limits_come_from_the_settings():
    shape = desk.shape_of(Dumps(max_bytes=4096, max_rows=7), "Asia/Shanghai")
    assert (shape.limits.max_bytes, shape.limits.max_rows) == (4096, 7)


def reader_on_a_line(folder, *options):
    """A simulated reader that waits for a receiver; the link on which it does."""
    command = [
        sys.executable,
        "-m",
        "gateway",
        "simulate",
        "handheld",
        "ymodem",
        *map(str, options),
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder)
    return process, json.loads(process.stdout.readline())["link"]


def test_files_from_a_line(meterd, tmp_path):
    good = dump(tmp_path, *(line(str(n)) for n in range(20)), name="route17.csv")
    bad = dump(tmp_path, line("1", this="x"), name="bad.csv")
    process, link = reader_on_a_line(Path.cwd(), good, bad)
    with process:
        done = meterd("import", "--serial", link, "--json")
        assert process.wait(30) == 0
    first, second = done.objects
    assert (first["file"], first["rows"], first["ok"]) == ("route17.csv", 20, True)
    assert (second["file"], second["ok"]) == ("bad.csv", False)
    assert done.exit_code == 1


def test_by_xmodem_the_padding_is_no_row(meterd, tmp_path):
    process, link = reader_on_a_line(Path.cwd(), dump(tmp_path, line("1")), "--xmodem")
    with process:
        done = meterd("import", "--serial", link, "--xmodem", "--json")
    assert (done.exit_code, done.objects[0]["rows"], done.objects[0]["quarantined"]) == (0, 1, 0)


def test_a_reader_that_vanishes_is_told(meterd, tmp_path):
    path = tmp_path / "big.txt"
    path.write_bytes(b"0" * 9000)
    process, link = reader_on_a_line(Path.cwd(), path, "--manner", "vanish=0.5")
    with process:
        done = meterd("import", "--serial", link)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "line" in done.stderr


def test_a_line_that_is_none(meterd):
    assert meterd("import", "--serial", "COM1").exit_code == 2
    done = meterd("import", "--serial", "/dev/none")
    assert (done.exit_code, "/dev/none" in done.stderr) == (1, True)
