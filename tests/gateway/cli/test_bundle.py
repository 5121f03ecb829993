"""meterd support-bundle; what it is made of is in tests/gateway/test_bundle.py."""

import json
import stat
import tarfile

from typer.testing import CliRunner

from gateway.cli import _build


def test_one_file_with_a_list_of_what_is_in_it(meterd, config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = config()
    done = meterd("support-bundle", "-c", path, "--no-network")
    assert done.exit_code == 0
    (place,) = tmp_path.glob("meterd-support-*.tar.gz")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "configuration, secrets removed" in done.stdout
    told = json.loads(meterd("support-bundle", "-c", path, "-o", tmp_path / "b.tar.gz", "--json").stdout)
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        inside = [name.rpartition("/")[2] for name in tar.getnames()]
    assert inside == ["CONTENTS.txt", *(part["name"] for part in told["parts"])]
    assert told["bytes"] == (tmp_path / "b.tar.gz").stat().st_size


def test_it_overwrites_nothing(meterd, config, tmp_path):
    (tmp_path / "b.tar.gz").write_text("mine")
    done = meterd("support-bundle", "-c", config(), "-o", tmp_path / "b.tar.gz")
    assert done.exit_code == 1
    assert "exists" in done.stderr
    assert (tmp_path / "b.tar.gz").read_text() == "mine"


def test_the_end_of_a_log_from_a_file_or_a_pipe(meterd, config, tmp_path):
    (tmp_path / "some.log").write_text("first\n" * 300_000 + "last\n")
    for log, given in ((tmp_path / "some.log", None), ("-", (tmp_path / "some.log").read_bytes())):
        place = tmp_path / f"{str(log)[-1]}.tar.gz"
        asked = ["support-bundle", "-c", str(config()), "-o", str(place), "--log", str(log)]
        assert CliRunner().invoke(_build(["support-bundle", "decode"]), asked, input=given).exit_code == 0
        with tarfile.open(place) as tar:
            (name,) = [name for name in tar.getnames() if name.endswith("log.txt")]
            text = tar.extractfile(name).read()
        assert text.endswith(b"first\nlast\n")
        assert len(text) <= 1_048_576
    assert meterd("support-bundle", "-c", config(), "--log", tmp_path / "none.log").exit_code == 1
