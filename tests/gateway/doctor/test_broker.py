"""The broker as the uplink sees it (gateway.doctor.broker, A14)."""

import asyncio
import shutil
import threading

import pytest

from gateway.doctor.broker import broker, certificates, delivery
from tests.gateway.doctor.conftest import Now
from tests.servers.certificates import authorities, tls_listener
from tests.servers.fake_broker import FakeBroker


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return authorities(tmp_path_factory.mktemp("certificates"))


def uplink(url, **more):
    return f'[uplink]\nbroker = "{url}"\n' + "".join(f'{key} = "{value}"\n' for key, value in more.items())


@pytest.fixture
def answering():
    """`answering(connack=...)`: the address of a broker that answers so, in a thread of its own."""
    stops = []

    def begin(**how):
        ready, where = threading.Event(), {}

        async def serve():
            async with FakeBroker(**how) as fake:
                where["url"], where["loop"], where["stop"] = (
                    fake.url,
                    asyncio.get_running_loop(),
                    asyncio.Event(),
                )
                ready.set()
                await where["stop"].wait()

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        assert ready.wait(10)
        stops.append((where, thread))
        return where["url"]

    yield begin
    for where, thread in stops:
        where["loop"].call_soon_threadsafe(where["stop"].set)
        thread.join(10)


def test_a_broker_in_order(sick, told, mosquitto):
    lines = told(broker, sick(uplink(mosquitto.url)))
    assert [line[:2] for line in lines] == [("OK", f"{mosquitto.url}: reached"), ("OK", "logged in, MQTT 5")]


def test_one_with_tls_in_order(sick, told, mosquitto_tls):
    folder = mosquitto_tls.folder
    files = {
        "ca_file": folder / "ca.pem",
        "cert_file": folder / "so-001.pem",
        "key_file": folder / "so-001.key",
    }
    who = sick(uplink(mosquitto_tls.url, **files), clock=None)
    lines = told(broker, who)
    assert [level for level, *_ in lines] == ["OK", "OK", "OK"]
    assert "TLSv1.3, its certificate: valid until" in lines[1][1]


CASES = [
    ("expired", "ca.pem", {}, "certificate has expired"),
    ("elsewhere", "ca.pem", {}, "is of another host"),
    ("foreign", "ca.pem", {}, "an authority that we do not know"),
    ("revoked", "revoked.ca.pem", {}, "is revoked"),
    ("good", "ca.pem", {"old": True}, "does not speak TLS 1.2"),
]


@pytest.mark.parametrize(("name", "ca", "how", "said"), CASES, ids=[case[3] for case in CASES])
def test_what_is_wrong_with_its_certificate(sick, told, known, name, ca, how, said):
    with tls_listener(known, name, **how) as port:
        lines = told(broker, sick(uplink(f"mqtts://localhost:{port}", ca_file=known[ca])))
    assert [level for level, *_ in lines] == ["OK", "FAIL"]
    assert said in lines[1][1]
    assert "uplink.ca_file" in lines[1][2]


def test_a_key_that_everybody_can_read_stops_the_configuration(sick, told, known, tmp_path):
    key = shutil.copy(known["good.key"], tmp_path / "own.key")
    (tmp_path / "own.key").chmod(0o644)
    who = sick(uplink("mqtts://localhost:1", key_file=key, cert_file=known["good.pem"]))
    assert who.loaded is None
    assert "can be read by everybody" in str(who.problems[0])


@pytest.mark.parametrize(
    ("connack", "cure"),
    [
        (0x84, "a broker with MQTT 5"),
        (0x86, "uplink.user"),
        (0x87, "uplink.user"),
        (0x88, "does it speak MQTT 5?"),
    ],
)
def test_a_login_that_is_refused(sick, told, answering, connack, cure):
    lines = told(broker, sick(uplink(answering(connack=connack))))
    assert [level for level, *_ in lines] == ["OK", "FAIL"]
    assert cure in lines[1][2]


def test_nobody_there_no_network_no_broker(sick, told):
    ((level, text, _),) = told(broker, sick(uplink("mqtt://127.0.0.1:1")))
    assert (level, text) == ("FAIL", "mqtt://127.0.0.1:1: Connection refused")
    ((level, text, _),) = told(broker, sick(uplink("mqtt://127.0.0.1:1"), network=False))
    assert (level, text) == ("OK", "not asked: --no-network")
    assert told(broker, sick()) == []


@pytest.mark.parametrize(
    ("more", "level", "said"),
    [
        ("", "WARN", "only collects"),
        (uplink("mqtt://h"), "OK", "freed when the master has it"),
        (uplink("mqtt://h", ack="broker"), "WARN", "what it loses afterwards is lost"),
        (uplink("mqtt://h", ack="keep"), "OK", "kept for 7 days"),
    ],
)
def test_what_counts_as_delivered(sick, told, more, level, said):
    ((found, text, _),) = told(delivery, sick(more))
    assert found == level
    assert said in text


@pytest.mark.parametrize(
    ("name", "now", "level"),
    [("good", Now(2020), "OK"), ("good", Now(2099), "FAIL"), ("expired", Now(2026), "FAIL")],
)
def test_how_long_our_own_certificate_holds(sick, told, known, name, now, level):
    files = {"cert_file": known[f"{name}.pem"], "key_file": known[f"{name}.key"]}
    (line,) = told(certificates, sick(uplink("mqtts://h", **files), clock=now))
    assert line[0] == level
    assert ("has expired on" in line[1]) is (level == "FAIL")
