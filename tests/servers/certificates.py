"""Certificates that are no good, made by openssl, and a TLS listener on loopback that shows one of them."""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.mosquitto import _openssl, authority, certificate

_CA = """
[ca]
default_ca = test
[test]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
[any]
commonName = supplied
"""


@dataclass(frozen=True)
class Authorities:
    """A folder with ca.pem, another.pem, revoked.pem (ca.pem with a list of what it revoked) and certificates:

    good, expired, elsewhere (another host), foreign (of the other authority), revoked.
    """

    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def authorities(folder: Path) -> Authorities:
    authority(folder)
    authority(folder, "another")
    certificate(folder, "good", "localhost")
    certificate(folder, "revoked", "revoked")
    certificate(folder, "foreign", "localhost", ca="another")
    certificate(folder, "elsewhere", "elsewhere", hosts="DNS:elsewhere.example")
    certificate(folder, "expired", "localhost")
    (folder / "ca.cnf").write_text(_CA)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1000\n")
    asked = ["ca", "-config", "ca.cnf", "-batch", "-notext"]
    days = ["-startdate", "20200101000000Z", "-enddate", "20200103000000Z"]
    _openssl(folder, *asked, *days, "-in", "expired.csr", "-extfile", "expired.ext", "-out", "expired.pem")
    _openssl(folder, *asked, "-revoke", "revoked.pem")
    _openssl(folder, *asked[:3], "-gencrl", "-out", "list.pem")
    (folder / "revoked.ca.pem").write_text(
        (folder / "ca.pem").read_text() + (folder / "list.pem").read_text()
    )
    return Authorities(folder)


@contextmanager
def tls_listener(known: Authorities, name: str, *, old: bool = False) -> Iterator[int]:
    """The port of a listener that shows a certificate and hangs up after the handshake; `old`: TLS 1.1 at most."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(known[f"{name}.pem"], known[f"{name}.key"])
    if old:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            channel, _ = listener.accept()
            with contextlib.suppress(OSError), channel:
                channel.settimeout(5)
                context.wrap_socket(channel, server_side=True).close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port
    finally:
        stop.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join(10)
        listener.close()
