"""When certificates end (config.certificate), beside OpenSSL's own reading."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.certificate import expiries, not_after
from tests.servers.mosquitto import authority, certificate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("certificates")
    authority(made)
    certificate(made, "gateway", "so-001")
    return made


def by_openssl(path):
    """The same by the library that the uplink itself uses."""
    text = ssl._ssl._test_decode_cert(str(path))["notAfter"]
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


@pytest.mark.parametrize("name", ["ca", "gateway"])
def test_the_end_is_the_one_that_openssl_reads(folder, name):
    path = folder / f"{name}.pem"
    assert expiries(path) == [by_openssl(path)]
    assert timedelta(days=1) < expiries(path)[0] - datetime.now(UTC) < timedelta(days=3)


def test_several_in_one_file(folder):
    chain = folder / "chain.pem"
    chain.write_text("# a remark\n" + (folder / "gateway.pem").read_text() + (folder / "ca.pem").read_text())
    assert expiries(chain) == [*expiries(folder / "gateway.pem"), *expiries(folder / "ca.pem")]


def test_files_without_a_certificate(folder, tmp_path):
    with pytest.raises(ValueError, match="no certificate"):
        expiries(folder / "ca.key")
    with pytest.raises(FileNotFoundError):
        expiries(tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match=r"."):
        expiries(tmp_path / "bad.pem")


def tlv(tag, *contents):
    """One value in DER."""
    content = b"".join(contents)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + head + content


def made(end, *, version=True, begin=b"200101000000Z", tag=0x17):
    validity = tlv(0x30, tlv(0x17, begin), tlv(tag, end))
    first = [tlv(0xA0, tlv(2, b"\x02"))] if version else []
    rest = [tlv(2, b"\x01"), tlv(0x30), tlv(0x30, b"\x05\x00" * 100), validity, tlv(0x30)]
    return tlv(0x30, tlv(0x30, *first, *rest), tlv(0x30), tlv(3))


@pytest.mark.parametrize(
    ("end", "tag", "year"),
    [(b"490101000000Z", 0x17, 2049), (b"500101000000Z", 0x17, 1950), (b"20500101000000Z", 0x18, 2050),
     (b"99990101000000Z", 0x18, 9999)],
)  # fmt: skip
def test_both_forms_of_time(end, tag, year):
    for version in (True, False):
        assert not_after(made(end, tag=tag, version=version)) == datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("end", [b"", b"4901010000Z", b"491301000000Z", b"490101000000+0800", b"\xff" * 13])
def test_an_end_that_is_no_time(end):
    with pytest.raises(ValueError, match=r"."):
        not_after(made(end))


WHOLE = made(b"490101000000Z")


@given(cut=st.integers(0, len(WHOLE)), raw=st.binary(max_size=8), drop=st.integers(0, 8))
def test_any_bytes_are_a_certificate_or_a_value_error(cut, raw, drop):
    try:
        found = not_after(WHOLE[:cut] + raw + WHOLE[cut + drop :])
    except ValueError:
        return
    assert found.tzinfo is UTC
