"""What must hold in [upload]: nobody listens to the outside without a certificate and the names that are served."""

import ipaddress
from collections.abc import Iterator

from config.address import endpoint
from config.schema import Upload
from config.text import say

__all__ = ["is_loopback", "mistakes"]

Mistake = tuple[str, str, str]
"""Key, message, what was expected."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mistakes(upload: Upload) -> Iterator[Mistake]:
    """What is wrong between the keys of [upload]."""
    if upload.key_file and upload.key_credential:
        message = say("also given as key_file", "已由 key_file 给出")
        yield "key_credential", message, say("one of the two", "二者之一")
    key = upload.key_file or upload.key_credential
    if upload.cert_file and not key:
        yield "cert_file", say("without a key", "缺少私钥"), "key_file, key_credential"
    if not upload.listen:
        return
    try:
        host, _ = endpoint(upload.listen, any_host=True, any_port=True)
    except ValueError:
        message = say(f"{upload.listen!r}: no address and port", f"{upload.listen!r}：不是地址和端口")
        yield "listen", message, "127.0.0.1:9646, 0.0.0.0:8443"
        return
    if not is_loopback(host):
        yield from _open(upload, host)


def _open(upload: Upload, host: str) -> Iterator[Mistake]:
    if not upload.cert_file:
        message = say("beyond this machine only with a certificate", "对外监听必须配置证书")
        yield "listen", message, "cert_file, key_file"
    if host in ("", "0.0.0.0", "::") and not upload.hosts:  # noqa: S104 - compared, not bound
        message = say("names under which people reach it are missing", "缺少访问时使用的主机名")
        yield "hosts", message, '["so-001.example"]'
    if upload.forwarded:
        message = say("only where a proxy of this machine stands before it", "仅用于本机反向代理之后")
        yield "forwarded", message, "false"
