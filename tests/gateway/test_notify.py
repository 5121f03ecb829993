"""What the service manager is told."""

import os
import socket

import pytest

from gateway.notify import Notifier


@pytest.fixture
def manager(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(path)
        sock.settimeout(5)
        yield path, sock


def test_states(manager):
    path, sock = manager
    notifier = Notifier({"NOTIFY_SOCKET": path})
    notifier.ready("4/4 lines\nup")
    assert sock.recv(999) == b"READY=1\nSTATUS=4/4 lines up"
    notifier.alive("fine")
    assert sock.recv(999) == b"WATCHDOG=1\nSTATUS=fine"
    notifier.reloading(1.5)
    assert sock.recv(999) == b"RELOADING=1\nMONOTONIC_USEC=1500000"
    notifier.stopping()
    assert sock.recv(999).startswith(b"STOPPING=1")


def test_an_abstract_socket():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0meterd-test-{os.getpid()}")
        sock.settimeout(5)
        Notifier({"NOTIFY_SOCKET": f"@meterd-test-{os.getpid()}"}).ready("up")
        assert sock.recv(99).startswith(b"READY=1")


def test_without_a_service_manager_nothing_happens():
    notifier = Notifier({})
    notifier.ready("up")
    assert notifier.failures == 0
    assert notifier.watchdog_seconds == 0.0


def test_a_dead_service_manager_harms_nobody(tmp_path):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notifier.ready("up")
    assert notifier.failures == 1


def test_watchdog_only_if_it_is_meant_for_us():
    mine = {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}
    assert Notifier(mine).watchdog_seconds == 60.0
    assert Notifier({**mine, "WATCHDOG_PID": "1"}).watchdog_seconds == 0.0
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_seconds == 0.0
