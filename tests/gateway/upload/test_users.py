"""The file of users (gateway.upload.users)."""

import json
import stat
from datetime import timedelta

import pytest

from gateway.upload.errors import UserError
from gateway.upload.users import Users, one_time_password
from tests.gateway.upload.toy import NOW

GOOD = "three brave meters"


@pytest.fixture
def users(tmp_path):
    return Users(tmp_path / "page/users.json")


def test_nobody_is_there_by_default(users):
    assert users.all() == []
    assert users.verify("admin", "admin", NOW) is None
    assert users.verify("", "", NOW) is None


def test_one_time_then_own(users, tmp_path):
    assert users.add("Li", "first-of-all", NOW).one_time
    assert users.verify("li", "first-of-all", NOW).one_time
    assert users.verify("LI ", "first-of-all", NOW)
    assert users.verify("li", "first-of-al", NOW) is None
    assert users.verify("li", "first-of-all", NOW + timedelta(days=15)) is None
    assert not users.set_password("li", GOOD, NOW, one_time=False).one_time
    assert users.verify("li", "first-of-all", NOW) is None
    assert users.verify("li", GOOD, NOW + timedelta(days=999))
    assert stat.S_IMODE((tmp_path / "page/users.json").stat().st_mode) == 0o600
    assert GOOD not in (tmp_path / "page/users.json").read_text()


def test_equal_passwords_have_different_hashes(users):
    assert users.add("a", GOOD, NOW).hash != users.add("b", GOOD, NOW).hash


def test_another_process_writes_the_file(users, tmp_path):
    other = Users(tmp_path / "page/users.json")
    users.add("li", GOOD, NOW)
    assert other.verify("li", GOOD, NOW)
    users.remove("li")
    assert other.find("li") is None


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "a" * 65, "-x", ".x", "a/b", "a\nb", "<b>"])
def test_names_that_are_none(users, name):
    with pytest.raises(UserError):
        users.add(name, GOOD, NOW)
    assert users.all() == []


def test_names_of_people(users):
    for name in ("李雷", "li.lei", "li-lei@so-001", "Ｌｉ２"):
        users.add(name, GOOD, NOW)
    assert {one.name for one in users.all()} == {"李雷", "li.lei", "li-lei@so-001", "li2"}


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaa", "my name is li.lei"])
def test_passwords_that_are_too_weak(users, password):
    users.add("li.lei", GOOD, NOW)
    with pytest.raises(UserError):
        users.set_password("li.lei", password, NOW, one_time=False)
    assert users.verify("li.lei", GOOD, NOW)


def test_taken_and_unknown(users):
    users.add("li", GOOD, NOW)
    for wrong in (
        lambda: users.add("LI", GOOD, NOW),
        lambda: users.remove("wang"),
        lambda: users.set_password("wang", GOOD, NOW, one_time=True),
    ):
        with pytest.raises(UserError):
            wrong()


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"users": [{"name": "x"}]}', b"[" * 100_000, b"\xff"])
def test_a_file_that_is_none(tmp_path, raw):
    (tmp_path / "users.json").write_bytes(raw)
    with pytest.raises(UserError):
        Users(tmp_path / "users.json").all()


def test_a_hash_of_another_strength_still_opens(users, tmp_path):
    users.add("li", GOOD, NOW)
    path = tmp_path / "page/users.json"
    table = json.loads(path.read_text())
    import hashlib

    salt = bytes.fromhex(table["users"][0]["salt"])
    table["users"][0] |= {
        "n": 1024,
        "hash": hashlib.scrypt(GOOD.encode(), salt=salt, n=1024, r=8, p=1, dklen=32).hex(),
    }
    path.write_text(json.dumps(table))
    assert users.verify("li", GOOD, NOW)


def test_one_time_passwords_differ_and_are_long():
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {19}
