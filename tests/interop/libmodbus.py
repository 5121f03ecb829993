"""libmodbus (Debian's libmodbus5) through ctypes: its client, and its server as a process of its own.

`python -m tests.interop.libmodbus tcp` serves on a free port, `... rtu DEVICE UNIT` on a device; the registers
come as JSON on standard input: {"3": {"address": word}, "4": {...}}. The first line of output is the port.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
from ctypes import POINTER, c_char, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from pathlib import Path

REGISTERS = 65_536
_ADU = 260


class Mapping(ctypes.Structure):
    """modbus_mapping_t of modbus.h."""

    _fields_ = [
        ("nb_bits", c_int),
        ("start_bits", c_int),
        ("nb_input_bits", c_int),
        ("start_input_bits", c_int),
        ("nb_input_registers", c_int),
        ("start_input_registers", c_int),
        ("nb_registers", c_int),
        ("start_registers", c_int),
        ("tab_bits", POINTER(c_uint8)),
        ("tab_input_bits", POINTER(c_uint8)),
        ("tab_input_registers", POINTER(c_uint16)),
        ("tab_registers", POINTER(c_uint16)),
    ]


def library():
    """The shared library; raises OSError where Debian's package is missing."""
    lib = ctypes.CDLL("libmodbus.so.5", use_errno=True)
    lib.modbus_new_tcp.restype = lib.modbus_new_rtu.restype = c_void_p
    lib.modbus_new_tcp.argtypes = [c_char_p, c_int]
    lib.modbus_new_rtu.argtypes = [c_char_p, c_int, c_char, c_int, c_int]
    lib.modbus_mapping_new.restype = POINTER(Mapping)
    lib.modbus_mapping_new.argtypes = [c_int] * 4
    lib.modbus_strerror.restype = c_char_p
    for name, more in {
        "connect": [],
        "close": [],
        "free": [],
        "set_slave": [c_int],
        "set_response_timeout": [c_uint32, c_uint32],
        "tcp_listen": [c_int],
        "tcp_accept": [POINTER(c_int)],
        "receive": [POINTER(c_uint8)],
        "reply": [POINTER(c_uint8), c_int, POINTER(Mapping)],
        "read_registers": [c_int, c_int, POINTER(c_uint16)],
        "read_input_registers": [c_int, c_int, POINTER(c_uint16)],
    }.items():
        getattr(lib, f"modbus_{name}").argtypes = [c_void_p, *more]
    return lib


class Client:
    """libmodbus's own client; `read(function, start, count)` gives registers or raises OSError."""

    def __init__(self, unit=1, *, port=0, device="", baud=9600):
        self._lib = library()
        if device:
            self._context = self._lib.modbus_new_rtu(device.encode(), baud, b"N", 8, 1)
        else:
            self._context = self._lib.modbus_new_tcp(b"127.0.0.1", port)
        self._words = (c_uint16 * 125)()
        self._lib.modbus_set_slave(self._context, unit)
        self._lib.modbus_set_response_timeout(self._context, 10, 0)
        self._check(self._lib.modbus_connect(self._context))

    def _check(self, done):
        if done < 0:
            code = ctypes.get_errno()
            raise OSError(code, self._lib.modbus_strerror(code).decode())

    def read(self, function, start, count):
        ask = self._lib.modbus_read_registers if function == 3 else self._lib.modbus_read_input_registers
        self._check(ask(self._context, start, count, self._words))
        return self._words[:count]

    def close(self):
        self._lib.modbus_close(self._context)
        self._lib.modbus_free(self._context)


@contextlib.contextmanager
def serving(image, *, device="", unit=1):
    """A libmodbus server with these registers by (function, address). Yields its port, on a device 0."""
    tables = {str(code): {at: word for (f, at), word in image.items() if f == code} for code in (3, 4)}
    what = ["rtu", device, str(unit)] if device else ["tcp"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.interop.libmodbus", *what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        process.stdin.write(json.dumps(tables) + "\n")
        process.stdin.flush()
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _mapping(lib):
    mapping = lib.modbus_mapping_new(0, 0, REGISTERS, REGISTERS)
    tables = json.loads(sys.stdin.readline())
    for at, word in tables["3"].items():
        mapping.contents.tab_registers[int(at)] = word
    for at, word in tables["4"].items():
        mapping.contents.tab_input_registers[int(at)] = word
    return mapping


def _answer(lib, context, mapping):
    query = (c_uint8 * _ADU)()
    while (size := lib.modbus_receive(context, query)) >= 0:
        if size:
            lib.modbus_reply(context, query, size, mapping)


def main(how, device="", unit="1"):
    lib = library()
    if how == "rtu":
        context = lib.modbus_new_rtu(device.encode(), 9600, b"N", 8, 1)
        lib.modbus_set_slave(context, int(unit))
        mapping = _mapping(lib)
        if lib.modbus_connect(context) < 0:
            sys.exit(1)
        print(0, flush=True)
        while True:
            _answer(lib, context, mapping)
    context = lib.modbus_new_tcp(b"127.0.0.1", 0)
    mapping = _mapping(lib)
    listening = c_int(lib.modbus_tcp_listen(context, 5))
    with socket.socket(fileno=os.dup(listening.value)) as named:
        print(named.getsockname()[1], flush=True)
    while lib.modbus_tcp_accept(context, ctypes.byref(listening)) >= 0:
        _answer(lib, context, mapping)
        lib.modbus_close(context)


if __name__ == "__main__":
    main(*sys.argv[1:])
