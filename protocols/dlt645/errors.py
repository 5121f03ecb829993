"""The error byte of abnormal replies (2007: annex C; 1997 differs in its first bits), and SERR of security."""

__all__ = ["bits", "security_bits"]

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


# Bits 0 to 6 stand alike in every table of meters and terminals seen; 7 to 9 in some of them, unclaimed elsewhere.
_SECURITY = (
    "other error",
    "repeated recharge",
    "ESAM verification failed",
    "authentication failed",
    "customer number does not match",
    "wrong recharge count",
    "recharge over the limit",
    "address abnormal",
    "meter suspended",
    "restoring supply failed",
)
_SECURITY_BYTES = 2


def security_bits(data: bytes) -> tuple[str, ...]:
    """Names of the bits set in the two-byte error word of security (C3H), low byte first; none for another length."""
    if len(data) != _SECURITY_BYTES:
        return ()
    word = int.from_bytes(data, "little")
    named = tuple(name for bit, name in enumerate(_SECURITY) if word >> bit & 1)
    return named + tuple(f"bit {bit}" for bit in range(len(_SECURITY), 16) if word >> bit & 1)
