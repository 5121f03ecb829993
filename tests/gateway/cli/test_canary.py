"""A canary in every place that holds a secret: no command, log, metric or page ever shows it (A17)."""

import asyncio
import http.client
import tarfile

import pytest

from config.schema import Settings
from tests.servers.fake_broker import FakeBroker
from tests.servers.mosquitto import free_port
from tests.tools.plant import METERD, Child, wait_until

CANARY = "c4n4ry-7f3a"
SECRET_KEYS = ("password_file", "key_file", "database_password_file")
GATEWAY = """
[gateway]
name = "so-001"
state_dir = "{folder}/state"
archive = "{folder}"
[metrics]
listen = "127.0.0.1:{port}"
[uplink]
broker = "{broker}"
user = "so-001"
password_file = "{folder}/mqtt.password"
[upload]
key_file = "{folder}/upload.key"
[master]
broker = "mqtt://127.0.0.1:1"
database = "postgresql://meterd@127.0.0.1:1/meterd"
password_file = "{folder}/mqtt.password"
database_password_file = "{folder}/database.password"
key_file = "{folder}/upload.key"
[[target]]
name = "line3"
driver = "meter"
link = "tcp://127.0.0.1:1"
[[task]]
name = "registers"
targets = ["line3"]
points = ["1-0:1.8.0"]
every = "1m"
"""


@pytest.fixture
def folder(tmp_path):
    """Files with the canary in them."""
    for name in ("mqtt.password", "database.password", "upload.key"):
        (tmp_path / name).write_text(f"{CANARY}\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "meters.csv").write_text("asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\n")
    return tmp_path


@pytest.fixture
def write(folder):
    """`write(broker, more)`: a configuration whose every secret holds the canary."""

    def written(broker="mqtt://127.0.0.1:1", more="", port=1):
        path = folder / "meterd.toml"
        path.write_text(GATEWAY.format(folder=folder, broker=broker, port=port) + more)
        return path

    return written


def test_every_secret_of_the_settings_is_planted(write):
    tables = Settings.model_fields
    planted = write().read_text()
    for table in ("uplink", "master", "upload"):
        kind = tables[table].annotation
        for name in getattr(kind, "model_fields", {}):
            if name in SECRET_KEYS:
                assert f"{name} = " in planted, (table, name)


WRONG = [
    'password = "{}"',
    'broker = "mqtt://so-001:{}@127.0.0.1:1"',
    'broker = "mqtt://so-001:{}/x@127.0.0.1:1"',
    "password = {}",
    'password = """\n{}',
    'password_credential = "{}/"',
    'key_credential = ["{}"]',
]


@pytest.mark.parametrize("line", WRONG)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_a_wrong_file_is_told_without_its_secret(meterd, folder, line, form):
    path = folder / "wrong.toml"
    path.write_text(f'[gateway]\nname = "so-001"\n[uplink]\n{line.format(CANARY)}\n')
    for command in (["check", *form], ["plan"], ["run"], ["ingest"], ["outbox", "ls"], ["reload"]):
        done = meterd(*command, "-c", path)
        assert done.exit_code == 2, command
        assert CANARY not in done.output
    assert CANARY not in meterd("doctor", "-c", path, *form).output
    assert CANARY not in bundled(meterd, path)


def bundled(meterd, path, *options):
    """What the support bundle says, all of its files together."""
    place = path.with_name("bundle.tar.gz")
    place.unlink(missing_ok=True)
    done = meterd("support-bundle", "-c", path, "-o", place, *options)
    assert done.exit_code == 0
    with tarfile.open(place) as tar:
        texts = [tar.extractfile(name).read().decode() for name in tar.getnames()]
    return "\n".join([done.output, *texts])


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://meterd:{}@x@127.0.0.1:1/meterd",
        "postgresql://meterd:{}/x@127.0.0.1:1/meterd",
        "postgresql://meterd:{}%zz@127.0.0.1:1/meterd",
        "sqlite://meterd:{}@x",
        "mysql://meterd:{}@127.0.0.1/meterd",
    ],
)
def test_an_address_that_is_none(meterd, address):
    for broker in ("mqtt://127.0.0.1:1", f"mqtt://u:{CANARY}/@h", f"http://u:{CANARY}@h"):
        done = meterd("ingest", "--broker", broker, "--database", address.format(CANARY))
        assert done.exit_code == 2
        assert CANARY not in done.output
    for broker in (f"mqtt://u:{CANARY}/@h", f"mqtt://u:{CANARY}@127.0.0.1:1"):
        done = meterd("tail", "--broker", broker)
        assert done.exit_code in (1, 2)
        assert CANARY not in done.output


@pytest.mark.parametrize(
    ("databases", "told"),
    [
        (
            [
                f"postgresql://meterd:{CANARY}@127.0.0.1:1/meterd",
                f"postgresql://127.0.0.1:1/meterd?user=meterd&password={CANARY}",
            ],
            "database away",
        ),
        (["sqlite:///readings.db"], "broker away"),
    ],
)
def test_a_master_whose_servers_are_away(folder, monkeypatch, databases, told):
    monkeypatch.chdir(folder)
    options = [part for url in databases for part in ("--database", url.replace(":///", f":///{folder}/"))]
    broker = f"mqtt://master:{CANARY}@127.0.0.1:1"
    child = Child(
        [*METERD, "ingest", "--broker", broker, *options], folder / "ingest.log", {"PGPASSWORD": CANARY}
    )
    child.start()
    try:
        wait_until(lambda: told in child.log.read_text() or not child.running, 30, told)
    finally:
        child.stop()
    assert told in child.log.read_text()
    assert CANARY not in child.log.read_text()


def page(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


async def test_a_daemon_at_work(meterd, write, folder):
    port = free_port()
    async with FakeBroker(connack=0x86) as broker:
        path = write(broker.url, port=port)
        child = Child(
            [*METERD, "run", "-c", str(path), "--log-level", "debug"], folder / "daemon.log"
        ).start()
        try:
            await asyncio.to_thread(
                wait_until,
                lambda: '"problem": "' in page(port, "/status") or not child.running,
                30,
                "a refusal",
            )
            shown = await asyncio.to_thread(everything, meterd, path, port)
        finally:
            await asyncio.to_thread(child.stop)
        assert broker.connects
        assert any(CANARY.encode() in one for one in broker.connects)
    log = child.log.read_text()
    assert "broker away" in log
    for what, text in {**shown, "log": log}.items():
        assert CANARY not in text, what


def everything(meterd, path, port):
    """What each command and page says of a daemon and its files."""
    shown = {name: page(port, name) for name in ("/metrics", "/status", "/healthz", "/readyz")}
    for command in COMMANDS:
        done = meterd(*command, "-c", path)
        assert done.output, command
        shown[" ".join(command)] = done.output
    (path.parent / "some.log").write_text(f"login: password={CANARY}\nmqtt://u:{CANARY}@h refused\n")
    shown["bundle"] = bundled(meterd, path, "--log", path.parent / "some.log")
    assert "meterd_build_info" in shown["bundle"]
    return shown


COMMANDS = [
    ["check"],
    ["check", "--json"],
    ["plan"],
    ["doctor"],
    ["doctor", "--json"],
    ["top", "--once"],
    ["status"],
    ["status", "--json"],
    ["reload"],
    ["outbox", "ls"],
    ["outbox", "export"],
    ["read", "M1"],
]
