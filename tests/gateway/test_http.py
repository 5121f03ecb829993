"""The small server: pages, refusals, and clients that mean no good."""

import http.client
import socket
import time

import pytest

from gateway.http import Server

PAGES = {
    "/a": lambda: (200, "text/plain", b"hello"),
    "/big": lambda: (200, "text/plain", b"x" * 3_000_000),
    "/broken": lambda: (_ for _ in ()).throw(ValueError("no")),
}


@pytest.fixture
def server():
    with Server("127.0.0.1:0", PAGES) as running:
        yield running


def ask(server, path="/a", method="GET"):
    connection = http.client.HTTPConnection(server.address, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def raw(server, data, *, wait=True):
    host, port = server.address.split(":")
    sock = socket.create_connection((host, int(port)), timeout=10)
    sock.sendall(data)
    if not wait:
        return sock
    with sock:
        return sock.recv(65536)


def test_pages(server):
    assert ask(server) == (200, b"hello")
    assert ask(server, "/a?x=1") == (200, b"hello")
    assert ask(server, "/nothing")[0] == 404
    assert ask(server, "/../etc/passwd")[0] == 404
    assert ask(server, "/broken")[0] == 500


def test_only_reading(server):
    assert ask(server, method="HEAD") == (200, b"")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(server, method=method)[0] == 405


def test_a_large_page_arrives_whole(server):
    assert len(ask(server, "/big")[1]) == 3_000_000


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /a HTTP/9\r\n\r\n", b"400"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /a HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n", b"4"),
        (b"z" * 20_000, b"431"),
    ],
)
def test_bad_requests(server, data, status):
    answer = raw(server, data)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert ask(server) == (200, b"hello")


def test_slow_clients_hold_nobody_up(server):
    slow = [raw(server, b"GET /a HT", wait=False) for _ in range(20)]
    began = time.monotonic()
    assert ask(server) == (200, b"hello")
    assert time.monotonic() - began < 5
    for sock in slow:
        sock.close()


def test_too_many_connections_are_refused_and_the_rest_served_later(server):
    held = [raw(server, b"GET", wait=False) for _ in range(40)]
    deadline = time.monotonic() + 20
    while server.refused < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.refused >= 8
    for sock in held:
        sock.close()
    while time.monotonic() < deadline:
        try:
            assert ask(server) == (200, b"hello")
            return
        except (ConnectionError, http.client.HTTPException):
            time.sleep(0.05)
    pytest.fail("the server did not recover")


def test_a_client_that_says_nothing_is_dropped(server):
    sock = raw(server, b"", wait=False)
    sock.settimeout(30)
    with sock:
        assert sock.recv(1) == b""


def test_an_address_in_use_is_told_at_the_start(server):
    with pytest.raises(OSError, match="in use"):
        Server(server.address, PAGES)


def test_version_6_addresses():
    with Server("[::1]:0", PAGES) as running:
        assert running.address.startswith("[::1]:")
        assert ask(running) == (200, b"hello")
