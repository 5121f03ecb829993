"""Meters on paced lines, in a process of their own: `python -m tests.bench.paced PORTS BAUD`.

Prints the terminals' names as one JSON list, then answers every request after the time that its bytes, the
answer's bytes and the delay before it take on a line of that speed. Ends when its input does.
"""

import asyncio
import json
import os
import pty
import sys
import tty

ANSWER_SECONDS = 0.02
_BITS = 11


def answer_to(request: bytes) -> bytes:
    """A reply of 24 characters to a request of 20: four FE, then a register of the meter that was asked."""
    start = request.index(0x68)
    address = request[start + 1 : start + 7]
    data = request[start + 10 : start + 14] + bytes([0x89, 0x67, 0x45, 0x33])
    body = b"\x68" + address + b"\x68\x91" + bytes([len(data)]) + data
    return b"\xfe" * 4 + body + bytes([sum(body) & 255, 0x16])


class Port:
    """One line: a terminal's master side."""

    def __init__(self, baud: int) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        self._slave = slave
        self._baud = baud
        self._buffer = b""
        self.busy_until = 0.0

    def readable(self) -> None:
        """A request, which the kernel gives at once and a line would not."""
        self._buffer += os.read(self.master, 4096)
        if len(self._buffer) < 20:
            return
        request, self._buffer = self._buffer, b""
        reply = answer_to(request)
        seconds = (len(request) + len(reply)) * _BITS / self._baud + ANSWER_SECONDS
        asyncio.get_running_loop().call_later(seconds, os.write, self.master, reply)


async def main(ports: int, baud: int) -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    lines = [Port(baud) for _ in range(ports)]
    for line in lines:
        loop.add_reader(line.master, line.readable)
    print(json.dumps([line.name for line in lines]), flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
