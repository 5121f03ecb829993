"""The error byte of abnormal replies (2007: annex C; 1997 differs in its first bits)."""

__all__ = ["bits"]

_COMMON = {
    4: "too many year zones",
    5: "too many day segments",
    6: "too many tariffs",
    7: "reserved",
}
_NAMES = {
    "2007": {
        0: "other error",
        1: "no requested data",
        2: "password error / not authorised",
        3: "baud rate cannot be changed",
    }
    | _COMMON,
    "1997": {0: "illegal data", 1: "wrong data identifier", 2: "wrong password", 3: "reserved"} | _COMMON,
}


def bits(standard: str, data: bytes) -> tuple[str, ...]:
    """Names of the bits set in a one-byte error word, lowest first; none for a vendor's longer body."""
    if len(data) != 1:
        return ()
    return tuple(name for bit, name in _NAMES[standard].items() if data[0] >> bit & 1)
