"""Where secrets come from (gateway.sealed)."""

from pathlib import Path

import pytest

from gateway.sealed import first_line, place


def test_a_file_or_a_credential(monkeypatch):
    assert place(None, None) is None
    assert place(Path("/a"), None) == Path("/a")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert place(None, "mqtt.key") == Path("/run/credentials/meterd.service/mqtt.key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/other.service")
    assert place(None, "mqtt.key") == Path("/run/credentials/other.service/mqtt.key")


def test_the_first_line_counts(tmp_path):
    file = tmp_path / "password"
    for text in (b"pass word\n", b"pass word", b"pass word\r\nsecond", b"  pass word \n\n"):
        file.write_bytes(text)
        assert first_line(file) == "pass word"


def test_what_is_no_text_is_refused_without_showing_it(tmp_path):
    file = tmp_path / "password"
    file.write_bytes(b"c4n4ry\xff")
    with pytest.raises(OSError, match=r"not UTF-8|不是") as refused:
        first_line(file)
    assert "c4n4ry" not in str(refused.value)
    with pytest.raises(OSError, match="No such file"):
        first_line(tmp_path / "none")
