"""TLS towards a broker: what is demanded of the other side, and what went wrong in words a person can act on."""

import re
import ssl
from pathlib import Path

from config.text import say

__all__ = ["EVERYBODY", "client_context", "plain"]

EVERYBODY = 0o007
"""Bits of a file's mode that let everybody at it."""
_LIST = b"-----BEGIN X509 CRL-----"
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("certificate has expired", "the broker's certificate has expired", "代理的证书已过期"),
    ("certificate is not yet valid", "the broker's certificate is not valid yet", "代理的证书尚未生效"),
    ("certificate revoked", "the broker's certificate is revoked", "代理的证书已吊销"),
    (
        "unable to get certificate CRL",
        "no revocation list of the broker's authority",
        "缺少签发机构的吊销列表",
    ),
    ("CRL has expired", "the revocation list in the CA file has expired", "CA 文件中的吊销列表已过期"),
    (
        "Hostname mismatch|IP address mismatch",
        "the broker's certificate is of another host",
        "代理的证书不属于该主机",
    ),
    (
        "self.signed certificate|unable to get (local )?issuer|signature failure",
        "the broker's certificate is of an authority that we do not know",
        "代理的证书由未知机构签发",
    ),
    (
        "UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION_NUMBER|wrong version number",
        "the broker does not speak TLS 1.2 or later",
        "代理不支持 TLS 1.2 及以上版本",
    ),
    (
        "CERTIFICATE_REQUIRED|certificate required|UNKNOWN_CA|unknown ca|BAD_CERTIFICATE|bad certificate",
        "the broker does not accept our certificate",
        "代理不接受本机证书",
    ),
    (
        "KEY_VALUES_MISMATCH|key values mismatch",
        "certificate and key do not belong together",
        "证书与私钥不匹配",
    ),
)


def plain(text: str) -> str:
    """What the TLS library says, led by what it means; other texts as they are."""
    for pattern, en, zh in _WORDS:
        if re.search(pattern, text):
            return f"{say(en, zh)} ({text})"
    return text


def client_context(ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, chain and host name checked, revocation too where the CA file holds a list.

    Raises OSError naming the file that cannot be read, PermissionError for a key that everybody can read.
    """
    for file in (ca_file, cert_file, key_file):
        if file is not None:
            file.open("rb").close()  # ssl does not say which one is missing
    if key_file and key_file.stat().st_mode & EVERYBODY:
        text = say("a key that everybody can read is not used", "任何人都可读的私钥不予使用")
        raise PermissionError(f"{key_file}: {text}")
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file and _LIST in ca_file.read_bytes():
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    if cert_file:
        context.load_cert_chain(cert_file, key_file)
    return context
