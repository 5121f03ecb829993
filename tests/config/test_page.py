"""What must hold in [upload] (config.page)."""

import ssl

import pytest

from config.page import is_loopback
from tests.config.conftest import TOML
from tests.config.test_certificate import WHOLE


@pytest.fixture
def keyed(folder):
    (folder.path.parent / "c.pem").write_text(ssl.DER_cert_to_PEM_cert(WHOLE))
    (folder.path.parent / "k.pem").write_text("x")
    (folder.path.parent / "k.pem").chmod(0o600)
    return folder


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ('listen = ""', []),
        ('listen = "127.0.0.1:9646"', []),
        ('listen = "[::1]:9646"\nforwarded = true', []),
        ('listen = "9646"', ["upload.listen"]),
        ('listen = "192.0.2.1:9646"', ["upload.listen"]),
        ('listen = ":8443"', ["upload.hosts", "upload.listen"]),
        ('listen = "0.0.0.0:8443"\ncert_file = "c.pem"\nkey_file = "k.pem"', ["upload.hosts"]),
        ('listen = "192.0.2.1:8443"\ncert_file = "c.pem"\nkey_file = "k.pem"', []),
        ('listen = ":8443"\ncert_file = "c.pem"\nkey_file = "k.pem"\nhosts = ["so.example"]', []),
        ('listen = ":8443"\ncert_file = "c.pem"\nhosts = ["so.example"]', ["upload.cert_file"]),
        ('key_file = "k.pem"\nkey_credential = "k"', ["upload.key_credential"]),
        ('listen = "192.0.2.1:1"\ncert_file = "c.pem"\nkey_file = "k.pem"\nforwarded = true', ["upload.forwarded"]),
        ('cert_file = "none.pem"\nkey_file = "k.pem"', ["upload.cert_file"]),
        ('hosts = ["a b"]', ["upload.hosts.0"]),
    ],
)  # fmt: skip
def test_mistakes(keyed, table, keys):
    keyed.toml = f"{TOML}[upload]\n{table}\n"
    found = keyed.problems() if keys else (keyed.load() and ())
    assert sorted(problem.key for problem in found) == keys


def test_loopback():
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("", "0.0.0.0", "::", "192.0.2.1", "localhost.example")))
