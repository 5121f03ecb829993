"""What is demanded of a broker, and how a refusal reads (gateway.tls, A14)."""

import pytest

from gateway.mqtt import Broker, Disconnected, connect
from gateway.tls import plain
from tests.servers.certificates import authorities, tls_listener


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return authorities(tmp_path_factory.mktemp("certificates"))


CASES = [
    ("expired", "ca.pem", {}, "certificate has expired"),
    ("elsewhere", "ca.pem", {}, "is of another host"),
    ("foreign", "ca.pem", {}, "an authority that we do not know"),
    ("revoked", "revoked.ca.pem", {}, "is revoked"),
    ("good", "ca.pem", {"old": True}, "does not speak TLS 1.2"),
]


@pytest.mark.parametrize(("name", "ca", "how", "told"), CASES, ids=[case[3] for case in CASES])
async def test_a_broker_that_is_not_trusted_is_refused_with_a_clear_line(
    monkeypatch, known, name, ca, how, told
):
    monkeypatch.setenv("METERD_LANG", "en")
    with tls_listener(known, name, **how) as port:
        asked = Broker(url=f"mqtts://localhost:{port}", client_id="so-001", ca_file=known[ca])
        with pytest.raises(Disconnected, match=told):
            async with connect(asked):
                pass


@pytest.mark.parametrize("ca", ["ca.pem", "revoked.ca.pem"])
async def test_a_good_one_gets_past_the_handshake(known, ca):
    with tls_listener(known, "good") as port:
        asked = Broker(url=f"mqtts://localhost:{port}", client_id="so-001", ca_file=known[ca])
        with pytest.raises(Disconnected) as ended:
            async with connect(asked):
                pass
    assert "certificate" not in str(ended.value)


def test_other_texts_stay(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    assert plain("Connection refused") == "Connection refused"
    assert plain("[SSL] certificate has expired (_ssl.c:1)").startswith("代理的证书已过期 (")
