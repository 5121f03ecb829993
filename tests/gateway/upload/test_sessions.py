"""Sessions (gateway.upload.sessions)."""

import pytest

from gateway.upload import sessions
from gateway.upload.sessions import Sessions, Visitors
from gateway.upload.users import Users
from tests.gateway.upload.toy import NOW, people


@pytest.fixture
def users(tmp_path):
    (tmp_path / "users.json").write_bytes(people())
    return Users(tmp_path / "users.json")


def test_idle_and_longest(users):
    held = Sessions(users, 1800)
    token, session = held.open(users.find("li"), 0)
    assert held.find(token, 1800) is session
    assert held.find(token, 3601) is None
    token, _ = held.open(users.find("li"), 0)
    for now in range(0, 12 * 3600, 1000):
        assert held.find(token, now)
    assert held.find(token, 12 * 3600 + 1) is None
    assert len(held) == 0


def test_another_password_ends_it(users):
    held = Sessions(users, 1800)
    token, _ = held.open(users.find("li"), 0)
    other, _ = held.open(users.find("wang"), 0)
    users.set_password("li", "another brave meter", NOW, one_time=False)
    assert held.find(token, 1) is None
    assert held.find(other, 1)
    users.remove("wang")
    assert held.find(other, 1) is None


@pytest.mark.parametrize(
    "tamper", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda _t: "", str.lower]
)
def test_a_changed_token_opens_nothing(users, tamper):
    held = Sessions(users, 1800)
    token, _ = held.open(users.find("li"), 0)
    assert held.find(tamper(token), 1) is None
    assert held.find(token, 1)
    held.close(token)
    held.close(token)
    assert held.find(token, 1) is None


def test_so_many_of_one_and_in_all(users, monkeypatch):
    held = Sessions(users, 1800)
    tokens = [held.open(users.find("li"), 0)[0] for _ in range(20)]
    assert [bool(held.find(token, 1)) for token in tokens] == [False] * 12 + [True] * 8
    monkeypatch.setattr(sessions, "_MOST", 8)
    held.open(users.find("wang"), 0)
    assert len(held) == 8


def test_tokens_of_forms():
    visitors = Visitors()
    cookie = visitors.new()
    assert visitors.csrf(cookie) == visitors.csrf(cookie)
    assert visitors.csrf(cookie) != visitors.csrf(visitors.new())
    assert visitors.csrf(cookie) != Visitors().csrf(cookie)
