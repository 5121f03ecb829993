"""Ten bad sign-ins a minute (gateway.upload.lockout)."""

from gateway.upload import lockout
from gateway.upload.lockout import Lockout


def test_ten_within_a_minute():
    lock = Lockout()
    for second in range(10):
        assert lock.wait(second, "user li", "address 192.0.2.1") == 0
        lock.bad(second, "user li", "address 192.0.2.1")
    assert lock.wait(10, "user li") == 50
    assert lock.wait(10, "user wang", "address 192.0.2.1") == 50
    assert lock.wait(10, "user wang", "address 192.0.2.2") == 0
    assert lock.wait(60.1, "user li") <= 0


def test_slow_guessing_is_held_to_ten_a_minute():
    lock, tries = Lockout(), 0
    for second in range(600):
        if lock.wait(second, "user li") <= 0:
            lock.bad(second, "user li")
            tries += 1
    assert tries <= 100


def test_whoever_has_an_account_cannot_clear_the_address():
    lock = Lockout()
    for second in range(9):
        lock.bad(second, f"user {second}", "address a")
    lock.bad(9, "user mine", "address a")
    lock.good("user mine", "address a")
    assert lock.wait(9, "user mine") == 0
    lock.bad(10, "user x", "address a")
    assert lock.wait(10, "address a") > 0


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(lockout, "_REMEMBERED", 100)
    lock = Lockout()
    for number in range(1000):
        lock.bad(0, f"user {number}")
    assert len(lock._bad) == 100
    lock.good("user nobody", "address nobody")
