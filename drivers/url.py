"""What the text of a link means: `serial:DEV?baud=&mode=`, `tcp://H:P`, `tcp-listen://H:P`, `replay:FILE`."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

__all__ = ["BAUDS", "LinkUrl", "parse_link"]

BAUDS = (600, 1200, 2400, 4800, 9600, 19200)
# Speeds that meters speak; a port may be told others.
_SLOWEST, _FASTEST = 50, 921_600
_MODE = re.compile(r"[5-8][NEO][12]")
_OPTIONS = {"serial": {"baud", "mode"}, "tcp": set[str](), "tcp-listen": set[str](), "replay": {"speed"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUrl:
    """A link's text taken apart.

    `path` is a device or file, `baud` in bit/s (0: not given), `mode` data bits, parity and stop bits,
    `speed` how many times faster than recorded a replay runs (0: without delays).
    """

    scheme: str
    path: str = ""
    host: str = ""
    port: int = 0
    baud: int = 0
    mode: str = "8E1"
    speed: float = 0.0

    @property
    def key(self) -> str:
        """Name of the physical channel: links with the same key are one bus."""
        return f"{self.scheme}:{self.path}" if self.path else f"{self.scheme}://{self.host}:{self.port}"

    @property
    def bits(self) -> int:
        """Bits of a character on the line, start bit included."""
        return 1 + int(self.mode[0]) + (self.mode[1] != "N") + int(self.mode[2])


def parse_link(text: str) -> LinkUrl:
    """Take a link's text apart; raises ValueError with what was expected."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in _OPTIONS:
        raise ValueError(f"unknown link {text!r}; expected {', '.join(f'{name}:' for name in _OPTIONS)}")
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - _OPTIONS[scheme]:
        allowed = ", ".join(sorted(_OPTIONS[scheme])) or "none"
        raise ValueError(f"unknown option {min(unknown)!r} of {scheme}: link; expected {allowed}")
    if scheme in ("tcp", "tcp-listen"):
        return _endpoint(scheme, place)
    if not place:
        raise ValueError(f"{scheme}: needs a {'device' if scheme == 'serial' else 'file'}")
    if scheme == "serial":
        return _serial(place, options)
    return LinkUrl(scheme=scheme, path=place, speed=_speed(options.get("speed", "0")))


def _endpoint(scheme: str, place: str) -> LinkUrl:
    host, _, port = place.removeprefix("//").rpartition(":")
    if not place.startswith("//") or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{scheme}:{place}: expected {scheme}://HOST:PORT")
    if scheme == "tcp" and (not host or port == "0"):
        raise ValueError(f"{scheme}:{place}: expected {scheme}://HOST:PORT")
    return LinkUrl(scheme=scheme, host=host.strip("[]"), port=int(port))


def _serial(device: str, options: dict[str, str]) -> LinkUrl:
    baud, mode = options.get("baud", "2400"), options.get("mode", "8E1").upper()
    if not baud.isdecimal() or not _SLOWEST <= int(baud) <= _FASTEST:
        raise ValueError(f"baud={baud}: expected a speed like {', '.join(map(str, BAUDS))}")
    if not _MODE.fullmatch(mode):
        raise ValueError(f"mode={mode}: expected data bits, parity N, E or O, stop bits, like 8E1")
    return LinkUrl(scheme="serial", path=device, baud=int(baud), mode=mode)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1000:
        raise ValueError(f"speed={text}: expected a number from 0 to 1000")
    return speed
