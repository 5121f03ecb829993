"""What was imported before."""

import sqlite3
from datetime import timedelta

import pytest

from gateway.dumps.register import Register, RegisterError
from tests.gateway.dumps.toy import NOW


def test_contents_and_keys(tmp_path):
    with Register(tmp_path / "r.db") as register:
        assert register.repeated("a" * 64) == ""
        register.mark("R1", [(1, 11, 1), (2, 22, 1)], NOW)
        assert register.known(1, "R2") == (11, 1)
        assert register.known(1, "R1") is None
        assert register.known(3, "R2") is None
        register.mark("R2", [(1, 12, 2)], NOW)
        assert register.known(1, "R1") == (12, 2)
        register.done("R1", "a" * 64, NOW)
    with Register(tmp_path / "r.db") as register:
        assert register.repeated("a" * 64) == "R1"
        assert register.known(2, "") == (22, 1)


def test_what_is_old_is_forgotten(tmp_path):
    with Register(tmp_path / "r.db") as register:
        register.mark("R1", [(1, 11, 1)], NOW)
        register.done("R1", "a" * 64, NOW)
        later = NOW + timedelta(days=900)
        register.mark("R2", [(2, 22, 1)], later)
        register.done("R2", "b" * 64, later)
        assert register.known(1, "") is None
        assert register.repeated("a" * 64) == ""
        assert register.known(2, "") == (22, 1)


def test_a_damaged_file_is_put_aside(tmp_path):
    path = tmp_path / "r.db"
    path.write_bytes(b"no database at all" * 100)
    with Register(path) as register:
        assert register.known(1, "") is None
    assert (tmp_path / "r.db.corrupt").exists()


def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "r.db"
    Register(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.commit()
    connection.close()
    with pytest.raises(RegisterError):
        Register(path)


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RegisterError):
        Register(tmp_path / "file" / "r.db")


def test_errors_of_the_file_are_told(tmp_path):
    register = Register(tmp_path / "r.db")
    register.close()
    for ask in (
        lambda: register.known(1, ""),
        lambda: register.repeated("a"),
        lambda: register.mark("R", [(1, 1, 1)], NOW),
        lambda: register.done("R", "a", NOW),
    ):
        with pytest.raises(RegisterError):
            ask()
