"""Few connections, each with a deadline; TLS (gateway.upload.listener)."""

import asyncio
import ssl
import warnings
from functools import partial

import pytest

from gateway.upload import app, handlers, listener
from gateway.upload.errors import CannotListen
from gateway.upload.gates import SESSION
from gateway.upload.listener import Keys, bound
from tests.gateway.upload.toy import certificate, dump, house


async def speak(place, raw, *, more=(), tls=None):
    """Send bytes over a plain connection; everything that comes back until it is closed."""
    reader, writer = await asyncio.open_connection(*place.page.listener.address, ssl=tls)
    try:
        writer.write(raw)
        await writer.drain()
        for part in more:
            await asyncio.sleep(0.02)
            writer.write(part)
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.fixture
async def plain(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "_KEEP_ALIVE", 3600.0)  # so that what ends is ended by the listener
    async with house(tmp_path, tls=False) as found:
        yield found


GET = b"GET /login HTTP/1.1\r\nHost: localhost\r\n"


async def test_one_request(plain):
    answer = await speak(plain, GET + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("raw", [b"", b"G", GET, GET + b"X: y\r\n", b"\r\n" * 5, b"\x16\x03\x01\x02\x00\x01"])
async def test_slow_headers_end(plain, monkeypatch, raw):
    monkeypatch.setattr(listener, "_HEADERS", 0.2)
    answer = await speak(plain, raw, more=[b"X: y\r\n" if raw.startswith(b"GET") else b""] * 20)
    assert answer == b"" or answer[9:12] == b"400"
    assert plain.page.listener.open == 0


async def test_idle_connections_end(plain, monkeypatch):
    from gateway.upload import gates

    monkeypatch.setattr(gates, "IDLE", 0.2)
    answer = await speak(plain, GET + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_never_comes(plain, monkeypatch):
    from gateway.upload import gates

    monkeypatch.setattr(gates, "_REQUEST", 0.3)
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert await speak(plain, head + b"Content-Length: 100\r\n\r\nuser=li") == b""


async def test_an_upload_shorter_than_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(handlers, "_GRACE", 0.3)
    monkeypatch.setattr(app, "_LINGER", 0.2)
    async with house(tmp_path) as place, place.signed_in() as client:
        cookies = {one.key: one.value for one in client.session.cookie_jar}
        cookie, token = f"{SESSION}={cookies[SESSION]}".encode(), client.csrf.encode()
        spoken = partial(speak, tls=place.trust)
        head = b"POST /uploads HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\nX-CSRF: %s\r\n" % (cookie, token)
        answer = await spoken(place, head + b"Content-Length: 1000\r\n\r\nshort")
        assert answer.startswith(b"HTTP/1.1 408")
        # A body that is longer than it says is another request, which is none.
        body = dump("1001")
        answer = await spoken(place, head + b"Content-Length: 3\r\n\r\n" + body)
        assert b" 400 " in answer
        assert b"aiohttp" not in answer
        assert not place.page.uploads.record.newest(1)
        for wrong in (b"-1", b"1e9", b"0x10", b"99999999999999999999", b"5, 5", b"+5"):
            answer = await spoken(place, head + b"Content-Length: " + wrong + b"\r\n\r\nhello")
            assert answer[9:12] in (b"400", b"413"), wrong
        both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert (await spoken(place, head + both))[9:12] == b"400"
        twice = b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
        assert (await spoken(place, head + twice))[9:12] == b"400"
        assert not place.page.uploads.record.newest(1)


@pytest.mark.parametrize(
    "raw",
    [
        GET + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        GET + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        GET + b"Host: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /login HTTP/9.9\r\nHost: localhost\r\n\r\n",
        GET + b"X\x00Y: z\r\n\r\n",
        GET + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
    ],
    ids=range(10),
)
async def test_malformed_requests(plain, raw):
    answer = await speak(plain, raw)
    assert answer == b"" or answer[9:12] in (b"400", b"415", b"421", b"431"), answer[:100]
    assert b"aiohttp" not in answer
    assert answer.count(b"xxx") + answer.count(b"yyy") == 0
    assert (await speak(plain, GET + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_not_more_than_so_many_connections(plain, monkeypatch):
    assert listener.MOST == 64
    monkeypatch.setattr(listener, "MOST_OF_ONE", 100)
    held = [await asyncio.open_connection(*plain.page.listener.address) for _ in range(64)]
    try:
        async with asyncio.timeout(10):
            while plain.page.listener.open < 64:
                await asyncio.sleep(0.01)
        assert await speak(plain, GET + b"\r\n") == b""
        assert plain.page.listener.refused == 1
        assert plain.page.listener.open == 64
        held.pop()[1].close()
        async with asyncio.timeout(10):
            while plain.page.listener.open == 64:
                await asyncio.sleep(0.01)
        assert (await speak(plain, GET + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")
    finally:
        for _, writer in held:
            writer.close()


async def test_one_address_does_not_take_them_all(plain, monkeypatch):
    monkeypatch.setattr(listener, "MOST_OF_ONE", 2)
    held = [await asyncio.open_connection(*plain.page.listener.address) for _ in range(2)]
    async with asyncio.timeout(10):
        while plain.page.listener.open < 2:
            await asyncio.sleep(0.01)
    assert await speak(plain, GET + b"\r\n") == b""
    for _, writer in held:
        writer.close()


@pytest.mark.parametrize("listen", ["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"])
def test_beyond_this_machine_only_with_tls(listen):
    with pytest.raises(CannotListen, match=r"cert_file|证书"):
        bound(listen, tls=False)


@pytest.mark.parametrize("listen", ["", "x", "127.0.0.1:99999", "256.0.0.1:0", "192.0.2.1:1"])
def test_addresses_that_cannot_be_had(listen):
    with pytest.raises(CannotListen):
        bound(listen, tls=True)


def test_bad_keys(tmp_path):
    cert, key = certificate(tmp_path)
    other, _ = certificate(tmp_path, "other")
    Keys(cert, key)
    with pytest.raises(CannotListen, match="fit"):
        Keys(other, key)
    with pytest.raises(CannotListen, match="No such file"):
        Keys(cert, tmp_path / "none.key")
    key.chmod(0o644)
    with pytest.raises(CannotListen, match="everybody can read"):
        Keys(cert, key)
    (tmp_path / "empty.pem").write_bytes(b"")
    key.chmod(0o600)
    with pytest.raises(CannotListen):
        Keys(tmp_path / "empty.pem", key)


def test_a_new_certificate_is_taken_over_and_a_bad_one_is_not(tmp_path):
    cert, key = certificate(tmp_path)
    keys = Keys(cert, key)
    first = keys.context(0)
    cert.write_bytes(b"no certificate")
    assert keys.context(20) is first
    fresh, fresh_key = certificate(tmp_path, "fresh")
    fresh_key.replace(key)
    fresh.replace(cert)
    assert keys.context(25) is first
    assert keys.context(40) is not first


async def test_old_tls_is_refused(tmp_path):
    async with house(tmp_path) as place:
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old version that is tried here
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        for version, good in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
            context.maximum_version = version
            try:
                _, writer = await asyncio.open_connection(*place.page.listener.address, ssl=context)
            except (ssl.SSLError, ConnectionError):
                assert not good
            else:
                assert good
                writer.transport.abort()


async def test_a_handshake_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(listener, "_HANDSHAKE", 0.2)
    async with house(tmp_path) as place:
        assert await speak(place, b"\x16\x03\x01\x02\x00\x01") == b""
        async with asyncio.timeout(10):
            while place.page.listener.open:
                await asyncio.sleep(0.01)


async def test_slow_ones_do_not_slow_the_others(plain):
    """With half of the connections dawdling, pages come."""
    held = [await asyncio.open_connection(*plain.page.listener.address) for _ in range(31)]
    for _, writer in held:
        writer.write(GET)
    for _ in range(20):
        assert (await speak(plain, GET + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")
    for _, writer in held:
        writer.close()
