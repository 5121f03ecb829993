"""Lock, ballast, token, identity and the name of a file set aside."""

import shutil

import pytest

from gateway.outbox import OutboxError
from gateway.outbox.file import Ballast, Lock, identity, read_token, renew_token, set_aside, set_aside_count


def test_the_lock_is_for_one_and_comes_back(tmp_path):
    path = tmp_path / "outbox.db"
    lock = Lock(path)
    with pytest.raises(OutboxError):
        Lock(path)
    lock.release()
    lock.release()
    Lock(path).release()


def test_a_folder_that_cannot_be_written_is_named_with_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match=r"file.*gateway\.state_dir"):
        Lock(tmp_path / "file" / "outbox.db")


def test_the_ballast_takes_real_room_and_gives_it_up(tmp_path):
    ballast = Ballast(tmp_path / "outbox.db", 100_000)
    file = tmp_path / "outbox.db.ballast"
    assert not ballast.there
    assert ballast.room()
    assert ballast.create()
    assert ballast.there
    assert file.stat().st_blocks * 512 >= 100_000
    ballast.give_up()
    ballast.give_up()
    assert not file.exists()


def test_a_ballast_that_cannot_be_had_leaves_nothing_behind(tmp_path):
    ballast = Ballast(tmp_path / "missing" / "outbox.db", 100_000)
    assert not ballast.create()
    assert not ballast.room()
    assert not Ballast(tmp_path / "outbox.db", 1 << 60).room()


def test_no_ballast_is_always_there(tmp_path):
    ballast = Ballast(tmp_path / "outbox.db", 0)
    assert ballast.there
    assert ballast.create()
    assert not list(tmp_path.iterdir())


def test_a_copy_has_another_identity_and_the_original_keeps_its_own(tmp_path):
    (tmp_path / "a").write_text("x")
    shutil.copy2(tmp_path / "a", tmp_path / "b")
    assert identity(tmp_path / "a") != identity(tmp_path / "b")
    before = identity(tmp_path / "a")
    (tmp_path / "a").write_text("y")
    assert identity(tmp_path / "a") == before


def test_each_token_is_new_and_stands_beside_the_file(tmp_path):
    path = tmp_path / "outbox.db"
    assert read_token(path) == ""
    first, second = renew_token(path), renew_token(path)
    assert first != second == read_token(path)
    assert [found.name for found in tmp_path.iterdir()] == ["outbox.db.token"]


def test_files_set_aside_in_the_same_second_do_not_meet(tmp_path):
    path = tmp_path / "outbox.db"
    for text in ("first", "second"):
        path.write_text(text)
        path.with_name("outbox.db-wal").write_text(f"{text} log")
        target = set_aside(path, "20260301T000000")
        assert (target.read_text(), target.with_name(target.name + "-wal").read_text()) == (
            text,
            f"{text} log",
        )
    assert set_aside_count(path) == 2
    assert not path.exists()
