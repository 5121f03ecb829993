"""The uplink's certificates as the metrics see them (gateway.certificates)."""

import os
import shutil

import pytest

from config.certificate import expiries
from config.schema import Uplink
from gateway.certificates import Certificates
from tests.servers.mosquitto import authority, certificate


@pytest.fixture
def folder(tmp_path):
    authority(tmp_path)
    certificate(tmp_path, "gateway", "so-001")
    return tmp_path


def end(path):
    return expiries(path)[0].timestamp()


def test_each_file_by_its_class(folder):
    uplink = Uplink(cert_file=folder / "gateway.pem", ca_file=folder / "ca.pem")
    expected = {"client": end(folder / "gateway.pem"), "ca": end(folder / "ca.pem")}
    assert Certificates(uplink).ends() == expected
    assert Certificates(Uplink()).ends() == {}


def test_a_chain_ends_with_its_first_and_authorities_with_their_last(folder):
    old = folder / "old.pem"
    shutil.copy(folder / "ca.pem", old)
    authority(folder, "ca")
    both = folder / "both.pem"
    both.write_text(old.read_text() + (folder / "ca.pem").read_text())
    ends = sorted(found.timestamp() for found in expiries(both))
    assert Certificates(Uplink(cert_file=both, ca_file=both)).ends() == {"client": ends[0], "ca": ends[-1]}


def test_an_exchanged_file_is_seen_and_a_lost_one_is_0(folder):
    path = folder / "gateway.pem"
    found = Certificates(Uplink(cert_file=path))
    found.ends()
    shutil.copy(folder / "ca.pem", path)
    os.utime(path, (1, 1))
    assert found.ends() == {"client": end(folder / "ca.pem")}
    path.write_text("no certificate")
    assert found.ends() == {"client": 0.0}
    path.unlink()
    assert found.ends() == {"client": 0.0}
