"""What the functions are called, how long their requests and replies are, and what a refusal says."""

import struct

__all__ = [
    "BITS",
    "EXCEPTIONS",
    "FUNCTIONS",
    "LONGEST",
    "NO_SHAPE",
    "READING",
    "REFUSED",
    "answer_bytes",
    "read_request",
    "reply_size",
    "request_size",
]

# MODBUS Application Protocol V1.1b3, clause 6.
FUNCTIONS = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write single coil",
    6: "write single register",
    7: "read exception status",
    8: "diagnostics",
    11: "get comm event counter",
    12: "get comm event log",
    15: "write multiple coils",
    16: "write multiple registers",
    17: "report server id",
    20: "read file record",
    21: "write file record",
    22: "mask write register",
    23: "read/write multiple registers",
    24: "read FIFO queue",
    43: "encapsulated interface transport",
}
# Clause 7.
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
REFUSED = 0x80
READING = frozenset({1, 2, 3, 4})
# Functions that read single bits.
BITS = frozenset({1, 2})
# The size of what is no request, or no reply.
NO_SHAPE = -1
# The most that one request may ask for.
LONGEST = {1: 2000, 2: 2000, 3: 125, 4: 125}
_FIXED_REQUEST = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 8), 4),
    **dict.fromkeys((7, 11, 12, 17), 0),
    22: 6,
    24: 2,
}
_COUNTED_REQUEST = {15: 4, 16: 4, 20: 0, 21: 0, 23: 8}
_FIXED_REPLY = {**dict.fromkeys((5, 6, 8, 11, 15, 16), 4), 7: 1, 22: 6}
_COUNTED_REPLY = frozenset({1, 2, 3, 4, 12, 17, 20, 21, 23})


def read_request(start: int, count: int) -> bytes:
    """The body of a request of functions 1 to 4; address and count from 0 to 65535."""
    return struct.pack(">HH", start, count)


def answer_bytes(function: int, count: int) -> int:
    """Bytes of data, without their count, that `count` bits or registers come in."""
    return (count + 7) // 8 if function in BITS else 2 * count


def request_size(function: int, body: bytes) -> int | None:
    """Bytes of a request's body, judged by its beginning; NO_SHAPE: none such; None: more is needed to tell."""
    if function in _FIXED_REQUEST:
        return _FIXED_REQUEST[function]
    at = _COUNTED_REQUEST.get(function)
    if at is None:
        return NO_SHAPE
    return at + 1 + body[at] if len(body) > at else None


def reply_size(function: int, body: bytes) -> int | None:
    """Bytes of a reply's body; as `request_size`."""
    if function & REFUSED:
        return 1 if function & ~REFUSED in FUNCTIONS else NO_SHAPE
    if function in _FIXED_REPLY:
        return _FIXED_REPLY[function]
    if function not in _COUNTED_REPLY:
        return NO_SHAPE
    if not body:
        return None
    is_odd = function in (3, 4) and body[0] % 2
    return NO_SHAPE if is_odd or not body[0] else 1 + body[0]
