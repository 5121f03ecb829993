"""Questions of a dialogue: each has an answer from the command line, a default, and what makes an answer wrong."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

import typer
from rich.console import Console

from config.link import parse_link
from config.models import known_models, protocol_of
from config.text import say
from gateway.cli.ends import refuse
from gateway.mqtt import endpoint_of

__all__ = ["NONE", "Talk", "host", "models", "no_broker", "no_link", "no_model"]

NONE = {"", "none", "无"}
"""Answers that mean nothing of the kind."""
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Talk:
    """Asks what was not said; with `quiet` takes the default, and ends the command where there is none."""

    quiet: bool

    def about(
        self, option: str, question: str, default: str | None, wrong: Callable[[str], str] = lambda _: ""
    ) -> str:
        """An answer of which `wrong` finds nothing to say; asked again until then."""
        if self.quiet:
            if default is None or wrong(default):
                refuse(say(f"give {option}", f"请给出 {option}"), 2)
            return default
        while True:
            answer = str(typer.prompt(question, default=default, err=True)).strip()
            if not (why := wrong(answer)):
                return answer
            Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False, style="red")


def host() -> str:
    """This machine's name as a gateway may be called."""
    return _UNFIT.sub("-", socket.gethostname()).strip("-._")[:64] or "so-001"


def no_link(text: str) -> str:
    """Why a text is no link, empty for one that is."""
    try:
        parse_link(text)
    except ValueError as error:
        return str(error)
    return ""


def no_broker(text: str) -> str:
    """Why a text is no broker's address, empty for one that is or for none."""
    if text in NONE:
        return ""
    try:
        endpoint_of(text)
    except ValueError as error:
        return str(error)
    return ""


def models() -> str:
    """The Modbus models there are, in brackets."""
    names = [name for name in known_models() if protocol_of(name) == "modbus"]
    return f" ({', '.join(names)})"


def no_model(text: str) -> str:
    """Why a text is no model."""
    return "" if text in known_models() else f"{text}: {say('expected one of', '应为')}{models()}"
