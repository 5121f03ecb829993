"""Links as text, taken apart: `serial:/dev/ttyS1?baud=2400&mode=8E1`, `tcp://host:port`, ..."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from config.address import endpoint
from config.numbers import decimal, whole
from config.text import say
from protocols.alike import alike

__all__ = ["BAUDS", "LinkError", "LinkUrl", "parse_link"]

BAUDS = (600, 1200, 2400, 4800, 9600, 19200)
# Speeds that meters speak; a port may be told others.
_SLOWEST, _FASTEST = 50, 921_600
_FASTEST_REPLAY = 1000
# Delays of a radio and of a modem's escape, in ms; how long a telephone rings, in s; rings before we pick up.
_LONGEST_PAUSE, _LONGEST_DIALLING, _MOST_RINGS = 5000, 180, 9
_LONGEST = 80
_MOST_TOLD = 5
_ALIKE = 0.65
_MODE = re.compile(r"[5-8][NEO][12]")
_DEVICE = re.compile(r"/[^\x00-\x1f]+|[A-Za-z]+[0-9]+")
_PORT_NAME = re.compile(r"(?:COM|tty[A-Za-z]+)[0-9]+")
_FILE = re.compile(r"[^\x00-\x1f]+")
_COMMANDS = re.compile(r"AT[ -:<-~]{0,60}(?:;AT[ -:<-~]{0,60}){0,9}")


class LinkError(ValueError):
    """A text that is no link.

    `message` says what is wrong with it, `expected` what a good one looks like, `nearest` what may be meant.
    """

    def __init__(self, link: str, message: str, expected: str, nearest: str = "") -> None:
        self.message, self.expected, self.nearest = f"{_short(link)!r}: {message}", expected, nearest
        super().__init__(f"{self.message}; {say('expected', '应为')} {expected}")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUrl:
    """A link's text taken apart.

    `path` is a device or file, `baud` in bit/s (0: not given), `mode` data bits, parity and stop bits,
    `speed` how many times faster than recorded a replay runs (0: without delays).
    A radio is keyed `key_up_ms` before the first byte and needs `turnaround_ms` of quiet between two frames.
    A modem is set up with the commands `init`, rings for `dial_seconds`, has `guard_ms` of quiet around its escape,
    and picks up after so many rings (`answer`, 0: never).
    """

    scheme: str
    path: str = ""
    host: str = ""
    port: int = 0
    baud: int = 0
    mode: str = "8E1"
    speed: float = 0.0
    turnaround_ms: int = 0
    key_up_ms: int = 0
    init: tuple[str, ...] = ()
    dial_seconds: int = 0
    guard_ms: int = 0
    answer: int = 0

    @property
    def key(self) -> str:
        """Name of the physical channel: links with the same key are one bus."""
        return f"{self.scheme}:{self.path}" if self.path else f"{self.scheme}://{self.host}:{self.port}"

    @property
    def bits(self) -> int:
        """Bits of a character on the line, start bit included."""
        return 1 + int(self.mode[0]) + (self.mode[1] != "N") + int(self.mode[2])


def _host(text: str) -> dict[str, Any]:
    host, port = endpoint(_after_slashes(text))
    return {"host": host, "port": port}


def _any_host(text: str) -> dict[str, Any]:
    host, port = endpoint(_after_slashes(text), any_host=True, any_port=True)
    return {"host": host, "port": port}


def _after_slashes(text: str) -> str:
    if not text.startswith("//"):
        raise ValueError(text)
    return text[2:]


def _path(form: re.Pattern[str]) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        if not form.fullmatch(text):
            raise ValueError(text)
        return {"path": text}

    return read


def _mode(text: str) -> str:
    if not _MODE.fullmatch(text.upper()):
        raise ValueError(text)
    return text.upper()


def _speed(text: str) -> float:
    speed = decimal(text)
    if not 0 <= speed <= _FASTEST_REPLAY:
        raise ValueError(text)
    return float(speed)


def _commands(text: str) -> tuple[str, ...]:
    """AT commands; a percent sign and two hex digits stand for what a link cannot hold, as %26 for an ampersand."""
    commands = unquote(text, errors="strict")
    if not _COMMANDS.fullmatch(commands):
        raise ValueError(text)
    return tuple(commands.split(";"))


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of link: how it is written, how its place is read, and its options as `_OPTIONS` has them."""

    form: str
    place: Callable[[str], dict[str, Any]]
    options: Mapping[str, Any]


_KINDS = {
    "serial": _Kind("serial:DEV?baud=2400&mode=8E1", _path(_DEVICE), {"baud": 2400, "mode": "8E1"}),
    "tcp": _Kind("tcp://HOST:PORT", _host, {}),
    "rtutcp": _Kind("rtutcp://HOST:PORT", _host, {}),
    "tcp-listen": _Kind("tcp-listen://HOST:PORT", _any_host, {}),
    "radio": _Kind(
        "radio:DEV?baud=1200&mode=8E1&turnaround_ms=100&key_up_ms=200",
        _path(_DEVICE),
        {"baud": 1200, "mode": "8E1", "turnaround_ms": 100, "key_up_ms": 200},
    ),
    "modem": _Kind(
        "modem:DEV?baud=9600&mode=8N1&answer=2",
        _path(_DEVICE),
        {
            "baud": 9600,
            "mode": "8N1",
            "init": ("ATZ", "ATE0V1", "ATS0=0"),
            "dial_seconds": 60,
            "guard_ms": 1000,
            "answer": 0,
        },
    ),
    "replay": _Kind("replay:FILE", _path(_FILE), {"speed": 0.0}),
}
_OPTIONS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "baud": (lambda text: whole(text, _SLOWEST, _FASTEST), f"{_SLOWEST} .. {_FASTEST}"),
    "mode": (_mode, "8E1, 8N1, 7E1"),
    "turnaround_ms": (lambda text: whole(text, 0, _LONGEST_PAUSE), f"0 .. {_LONGEST_PAUSE}"),
    "key_up_ms": (lambda text: whole(text, 0, _LONGEST_PAUSE), f"0 .. {_LONGEST_PAUSE}"),
    "init": (_commands, "ATZ;ATE0V1;ATS0=0"),
    "dial_seconds": (lambda text: whole(text, 1, _LONGEST_DIALLING), f"1 .. {_LONGEST_DIALLING}"),
    "guard_ms": (lambda text: whole(text, 20, _LONGEST_PAUSE), f"20 .. {_LONGEST_PAUSE}"),
    "answer": (lambda text: whole(text, 0, _MOST_RINGS), f"0 .. {_MOST_RINGS}"),
    "speed": (_speed, f"0 .. {_FASTEST_REPLAY}"),
}


def parse_link(text: str) -> LinkUrl:
    """Take a link's text apart; raises LinkError with what was expected."""
    scheme, _, rest = text.partition(":")
    kind = _KINDS.get(scheme)
    if kind is None:
        forms = ", ".join(known.form for known in _KINDS.values())
        raise LinkError(text, say("not a kind of link", "不是已知的链路类型"), forms, _nearest(text))
    place, _, query = rest.partition("?")
    try:
        where = kind.place(place)
    except ValueError:
        said = say(
            f"{_short(place)!r} is not right after {scheme}:", f"{scheme}: 之后的 {_short(place)!r} 不正确"
        )
        raise LinkError(text, said, kind.form) from None
    return LinkUrl(scheme=scheme, **where, **_options(text, kind, query))


def _options(text: str, kind: _Kind, query: str) -> dict[str, Any]:
    options = dict(kind.options)
    wrong: list[tuple[str, str]] = []
    for option in query.split("&") if query else ():
        name, _, value = option.partition("=")
        if name not in kind.options:
            said = say(f"unknown option {_short(name)!r}", f"未知的选项 {_short(name)!r}")
            wrong.append((said, kind.form if kind.options else _no_options(kind)))
            continue
        read, expected = _OPTIONS[name]
        try:
            options[name] = read(value)
        except ValueError:
            said = say(f"{name}={_short(value)} is not right", f"{name}={_short(value)} 不正确")
            wrong.append((said, f"{name}= {expected}"))
    if wrong:
        said, expected = (
            say("; ", "；").join(dict.fromkeys(parts)) for parts in zip(*wrong[:_MOST_TOLD], strict=True)
        )
        raise LinkError(text, said, expected)
    return options


def _no_options(kind: _Kind) -> str:
    return say(
        f"{kind.form} alone; the line's speed is the target's key baud",
        f"只写 {kind.form}；线路速率用采集点的 baud 键",
    )


def _nearest(text: str) -> str:
    """What a text without a known scheme may have meant."""
    if text.startswith("/dev/") or _PORT_NAME.fullmatch(text):
        return f"serial:{text}"
    scheme, colon, rest = text.partition(":")
    if near := alike(scheme.lower(), _KINDS, _ALIKE):
        return f"{near}:{rest}"
    return f"tcp://{text}" if colon and rest.isdigit() else ""
