"""Commands to a modem. Nothing else of ours may reach it while it takes commands."""

import re

__all__ = ["ANSWER", "ATTENTION", "ESCAPE", "HANG_UP", "dial", "line"]

ATTENTION, ANSWER, HANG_UP = b"AT\r", b"ATA\r", b"ATH\r"
ESCAPE = b"+++"
# V.250, 6.3.1: digits and the modifiers that a number may have. A semicolon would leave the modem in command mode.
_NUMBER = re.compile(r"[0-9*#,WwPpTt+-]{1,40}")
_LINE = re.compile(r"AT[ -~]{0,60}")


def dial(number: str) -> bytes:
    """Call a number, by tone unless it begins with P; raises ValueError for a text that is no number."""
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is no telephone number")
    return b"ATD%s\r" % (number if number[0] in "PpTt" else "T" + number).encode()


def line(command: str) -> bytes:
    """A command of the configuration; raises ValueError for a text that is none."""
    if not _LINE.fullmatch(command):
        raise ValueError(f"{command!r} is no AT command")
    return command.encode() + b"\r"
