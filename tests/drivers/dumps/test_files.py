"""Files that may be traps."""

import os

import pytest

from drivers.dumps.files import Limits, opened
from protocols.dumps.errors import DumpError


def reason(path, limits=None):
    with pytest.raises(DumpError) as error, opened(path, limits or Limits()):
        pass
    return error.value.reason


def test_plain_files_open(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    with opened(path) as file:
        assert (file.size, file.head(2), file.name) == (3, b"ab", "a.csv")
        assert file.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert file.reader.read() == b"abc"


def test_traps_are_refused(tmp_path):
    plain = tmp_path / "a.csv"
    plain.write_bytes(b"x" * 100)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    link = tmp_path / "link"
    link.symlink_to(plain)
    assert reason(fifo) == "no_file"
    assert reason(link) == "link"
    assert reason(tmp_path) == "no_file"
    assert reason(tmp_path / "none") == "unreadable"
    assert reason(plain, Limits(max_bytes=99)) == "too_large"


def test_a_file_that_changes_meanwhile(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    file = opened(path)
    file.__enter__()
    path.write_bytes(b"abcdef")
    with pytest.raises(DumpError) as error:
        file.__exit__(None, None, None)
    assert error.value.reason == "changed"
