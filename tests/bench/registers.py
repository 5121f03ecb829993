"""A Modbus TCP server for benchmarks, in a process of its own: registers that say where they stand, no faults.

`python -m tests.bench.registers` prints its port. It counts nothing and checks little, so that it costs little.
Register `at` holds `at`; every unit answers.
"""

import asyncio
import contextlib
import struct
import subprocess
import sys
from pathlib import Path

_TABLE = struct.pack(">65536H", *range(65_536))
_REQUEST = struct.Struct(">HHHBBHH")


class Answering(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        while len(self.buffer) >= _REQUEST.size:
            number, _, _, unit, function, start, count = _REQUEST.unpack_from(self.buffer)
            self.buffer = self.buffer[_REQUEST.size :]
            words = _TABLE[2 * start : 2 * (start + count)]
            head = struct.pack(">HHHBBB", number, 0, 3 + len(words), unit, function, len(words))
            self.transport.write(head + words)


async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def registers():
    """The port of such a server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.registers"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    asyncio.run(main())
