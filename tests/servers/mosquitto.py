"""Debian's mosquitto on a free loopback port, with the configuration that meterd ships."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "docs/reference"
_TLS_KEYS = {
    "cafile",
    "certfile",
    "keyfile",
    "tls_version",
    "require_certificate",
    "use_identity_as_username",
}
_READY_SECONDS = 20


def program() -> str:
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.fail("mosquitto is missing: install Debian's package `mosquitto`", pytrace=False)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(folder: Path, port: int, settings: dict[str, str], *, tls: bool) -> str:
    """The shipped file with its paths and port replaced; without TLS also without certificates and ACL."""
    replaced = {"listener": f"{port} 127.0.0.1", "persistence_location": f"{folder}/"}
    replaced |= settings if tls else {"allow_anonymous": "true", **settings}
    if tls:
        replaced |= {"cafile": f"{folder}/ca.pem", "certfile": f"{folder}/server.pem"}
        replaced |= {
            "keyfile": f"{folder}/server.key",
            "acl_file": str(SHIPPED / "mosquitto.acl"),
            **settings,
        }
    lines = []
    for line in (SHIPPED / "mosquitto.conf").read_text().splitlines():
        key = line.split(" ", 1)[0]
        if not tls and (key in _TLS_KEYS or (key == "acl_file" and key not in settings)):
            continue
        lines.append(f"{key} {replaced.pop(key)}" if key in replaced else line)
    return "\n".join([*lines, *(f"{key} {value}" for key, value in replaced.items()), ""])


@dataclass
class Mosquitto:
    """A broker that can be killed and started again on the same port with the same state folder."""

    folder: Path
    tls: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"{'mqtts://localhost' if self.tls else 'mqtt://127.0.0.1'}:{self.port}"

    def start(self) -> "Mosquitto":
        for _ in range(5):
            port = self.port or free_port()
            if self._try(port):
                self.port = port
                return self
        pytest.fail(f"mosquitto does not start:\n{self.log()}", pytrace=False)

    def _try(self, port: int) -> bool:
        settings = dict(self.settings)
        if os.geteuid() == 0:
            settings.setdefault("user", "root")
        conf = self.folder / "mosquitto.conf"
        conf.write_text(configuration(self.folder, port, settings, tls=self.tls))
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([program(), "-c", str(conf)], stdout=log, stderr=log)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return True
        self.kill()
        return False

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    def kill(self) -> None:
        """kill -9: no state is saved."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """The process stands still, its sockets stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None


def _openssl(folder: Path, *arguments: str) -> None:
    if not shutil.which("openssl"):
        pytest.fail("openssl is missing: install Debian's package `openssl`", pytrace=False)
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stderr, pytrace=False)


def authority(folder: Path, name: str = "ca") -> None:
    """A certificate authority <name>.pem, <name>.key."""
    subject = ["-subj", f"/CN=test {name}", "-days", "2", "-nodes", "-newkey", "ec"]
    curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    extra = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]
    _openssl(
        folder, "req", "-x509", *subject, *curve, *extra, "-keyout", f"{name}.key", "-out", f"{name}.pem"
    )


def certificate(
    folder: Path, name: str, common_name: str, ca: str = "ca", hosts: str = "DNS:localhost,IP:127.0.0.1"
) -> tuple[Path, Path]:
    """A certificate <name>.pem with its key <name>.key, signed by the authority, valid for these hosts."""
    request = ["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    _openssl(folder, *request, "-subj", f"/CN={common_name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName={hosts}\nauthorityKeyIdentifier=keyid\n")
    signer = ["-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2"]
    _openssl(
        folder,
        "x509",
        "-req",
        "-in",
        f"{name}.csr",
        *signer,
        "-extfile",
        f"{name}.ext",
        "-out",
        f"{name}.pem",
    )
    (folder / f"{name}.key").chmod(0o600)
    return folder / f"{name}.pem", folder / f"{name}.key"


@pytest.fixture
def mosquitto(tmp_path):
    """A running broker without TLS and without ACL."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder).start()
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto_tls(tmp_path):
    """A running broker exactly as shipped: client certificates, ACL by their common name.

    Its folder holds ca.pem and certificates so-001, so-002 and meterd-master with their keys.
    """
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    authority(folder)
    certificate(folder, "server", "localhost")
    for name in ("so-001", "so-002", "meterd-master"):
        certificate(folder, name, name)
    broker = Mosquitto(folder, tls=True).start()
    yield broker
    broker.stop()


def counts(log: str) -> int:
    """How many connections the broker's log shows."""
    return len(re.findall(r"New client connected", log))
