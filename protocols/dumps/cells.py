"""What stands in a cell as numbers, times and words. Nothing here guesses: what may mean two things is refused."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from protocols.dumps.spec import TIMES

__all__ = ["CellError", "Times", "degrees", "fold", "identity", "implied", "narrow", "number", "whole"]

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,8})?|\.[0-9]{1,8})")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,8})?")
_GROUPED_COMMA = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,8})?")
_ONE_COMMA = re.compile(r"[+-]?[0-9]{1,15},[0-9]{1,8}")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/:-]{0,63}")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+[eE]\+?|[eE]\+)[0-9]+")
_SHEET_TEXT = re.compile(r'="([^"]*)"')
_STAMP = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[T ]+([0-9]{1,2})[:：时]([0-9]{1,2})(?:[:：分]([0-9]{1,2})(?:\.[0-9]{1,9})?)?[秒分]?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})(?:[T ]?([0-9]{2})([0-9]{2})([0-9]{2})?)?")
_MILLISECONDS = re.compile(r"[0-9]{13}")
_TOKENS = {"YYYY": 4, "YY": 2, "MM": 2, "DD": 2, "hh": 2, "mm": 2, "ss": 2}
_PATTERN = re.compile(r"YYYY|YY|MM|DD|hh|mm|ss|.", re.DOTALL)
_DAY_HOURS = 24
_LEAP_YEAR = 2000
# So many years hold a 29 February wherever they begin.
_LEAP_YEARS = 8


class CellError(ValueError):
    """A cell that does not say what it should; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def narrow(text: str) -> str:
    """Full-width digits and signs as plain ones, without spaces around."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


@lru_cache(maxsize=4096)
def fold(header: str) -> str:
    """A header as it is compared: narrow, lower case, without spaces, marks and a unit in brackets."""
    plain = re.sub(r"[\s\ufeff'\"]", "", narrow(header)).lower()
    return re.sub(r"(?<=.)[(\[](?:kwh|kw|kvarh|wh|千瓦时|度|次|°|v|a|m)[)\]]$", "", plain)


def number(text: str, mark: str = "auto") -> Decimal | None:
    """A plain decimal number, None for an empty cell.

    `mark` is the decimal mark, `.` or `,`; with `auto` a lone comma counts as one only where it cannot separate
    thousands.
    """
    if _DECIMAL.fullmatch(text) and (mark != "," or "." not in text):
        return Decimal(text)
    text = narrow(text)
    if not text:
        return None
    if mark == ",":
        if _GROUPED_COMMA.fullmatch(text) or "." not in text:
            text = text.replace(".", "").replace(",", ".")
        else:
            raise CellError("number")
    elif _GROUPED.fullmatch(text):
        if mark == "auto" and text.count(",") == 1 and "." not in text:
            raise CellError("number_ambiguous")
        text = text.replace(",", "")
    elif mark == "auto" and (_ONE_COMMA.fullmatch(text) or _GROUPED_COMMA.fullmatch(text)):
        if "," not in text and text.count(".") == 1:
            return Decimal(text)
        text = text.replace(".", "").replace(",", ".")
    if not _DECIMAL.fullmatch(text):
        raise CellError("number")
    return Decimal(text)


def implied(text: str, decimals: int) -> Decimal | None:
    """Digits with so many decimals that are not written; a written point wins. None for blanks."""
    text = narrow(text)
    if not text:
        return None
    if "." in text or not decimals:
        return number(text, ".")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise CellError("number")
    return Decimal(text).scaleb(-decimals)


def whole(text: str) -> int | None:
    """A whole number of few digits; None for an empty cell."""
    text = narrow(text)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}(?:\.0{1,4})?", text):
        raise CellError("number")
    return int(text.partition(".")[0])


def degrees(angle: Decimal | None, most: int) -> Decimal | None:
    """A latitude or longitude with sign; None where both programs and people write 0 for "unknown"."""
    if angle is None or angle == 0:
        return None
    if abs(angle) > most:
        raise CellError("position")
    return angle


def identity(text: str) -> str:
    """A number that names something, exactly as digits and letters; never converted to a number.

    What a spreadsheet wraps around it is taken off. One that a spreadsheet has rounded is refused.
    """
    text = narrow(text)
    if match := _SHEET_TEXT.fullmatch(text):
        text = match[1].strip()
    text = text.lstrip("'").strip()
    if _SCIENTIFIC.fullmatch(text):
        raise CellError("identity_rounded")
    if text and not _ID.fullmatch(text):
        raise CellError("identity")
    return text


class Times:
    """Reads times by a profile's patterns in its zone. 24:00 is the beginning of the next day.

    A pattern without a year means the latest such day that is not after `newest`.
    """

    def __init__(self, patterns: Sequence[str], tz: tzinfo, newest: date | None = None) -> None:
        self._tz, self._newest = tz, newest
        self._auto = "auto" in patterns
        self._seconds = "epoch_s" in patterns
        self._milliseconds = self._auto or "epoch_ms" in patterns
        names = [pattern for pattern in patterns if pattern not in TIMES]
        self._patterns = [_compile(pattern) for pattern in names]

    def read(self, text: str) -> tuple[datetime, bool] | None:
        """The aware instant and whether a time of day was given; None for an empty cell."""
        text = narrow(text)
        if not text or not text.strip("0-/: ."):
            return None
        try:
            for pattern in self._patterns:
                if match := pattern.fullmatch(text):
                    return self._patterned(match.groupdict())
            if self._milliseconds and _MILLISECONDS.fullmatch(text):
                return datetime.fromtimestamp(int(text) // 1000, UTC), True
            if self._seconds and re.fullmatch(r"[0-9]{9,10}", text):
                return datetime.fromtimestamp(int(text), UTC), True
            if self._auto and (match := _COMPACT.fullmatch(text) or _STAMP.fullmatch(text)):
                return self._stamp(*match.groups())
        except (ValueError, OverflowError, OSError):
            raise CellError("time") from None
        raise CellError("time")

    def _patterned(self, parts: dict[str, str]) -> tuple[datetime, bool]:
        short = parts.get("YY")
        year = parts.get("YYYY") or (f"20{short}" if short else self._year(parts["MM"], parts["DD"]))
        return self._stamp(year, parts["MM"], parts["DD"], parts.get("hh"), parts.get("mm"), parts.get("ss"))

    def _year(self, month: str, day: str) -> str:
        """The year of a day that has none."""
        if self._newest is None:
            return str(_LEAP_YEAR)
        for year in range(self._newest.year, self._newest.year - _LEAP_YEARS, -1):
            try:
                if date(year, int(month), int(day)) <= self._newest:
                    return str(year)
            except ValueError:
                continue
        raise ValueError(month + day)

    def _stamp(  # noqa: PLR0913 (the parts of a time)
        self,
        year: str,
        month: str,
        day: str,
        hour: str | None,
        minute: str | None,
        second: str | None,
        offset: str | None = None,
    ) -> tuple[datetime, bool]:
        hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
        later = hours == _DAY_HOURS
        if later and (minutes or seconds):
            raise ValueError(hour)
        stamp = datetime(
            int(year),
            int(month),
            int(day),
            0 if later else hours,
            minutes,
            seconds,
            tzinfo=self._zone(offset),
        )
        return (stamp + timedelta(days=1) if later else stamp), hour is not None

    def _zone(self, offset: str | None) -> tzinfo:
        if offset is None:
            return self._tz
        if offset == "Z":
            return UTC
        zone = datetime.strptime(offset, "%z").tzinfo
        return zone or self._tz


def _compile(pattern: str) -> re.Pattern[str]:
    parts = _PATTERN.findall(pattern)
    if not {"MM", "DD"} <= set(parts):
        raise ValueError(f"{pattern!r} lacks a month or day")
    return re.compile(
        "".join(
            f"(?P<{part}>[0-9]{{{_TOKENS[part]}}})" if part in _TOKENS else re.escape(part) for part in parts
        )
    )
