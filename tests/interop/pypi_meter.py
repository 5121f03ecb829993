"""A meter by PyPI's `dlt645`, in a process of its own: `python pypi_meter.py tcp PORT | serial DEVICE`."""

import sys
import threading
from datetime import datetime

from dlt645 import Demand, MeterServerService


def main(kind: str, where: str) -> None:
    if kind == "tcp":
        meter = MeterServerService.new_tcp_server("127.0.0.1", int(where), 3000)
    else:
        meter = MeterServerService.new_rtu_server(
            port=where, data_bits=8, stop_bits=1, baud_rate=9600, parity="N", timeout=1.0
        )
    # The package takes an address in the order of the wire: this is meter 123456789012.
    meter.set_address("129078563412")
    meter.set_password("00123456")
    meter.set_00(0x00010000, 1234.56)
    meter.set_00(0x00010100, 400.01)
    meter.set_00(0x00000000, -12.34)
    meter.set_02(0x02010100, 220.5)
    meter.set_02(0x02030000, -3.25)
    meter.set_01(0x01010000, Demand(7.5, datetime(2023, 4, 5, 12, 34)))
    threading.Thread(target=meter.server.start, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main(sys.argv[1], sys.argv[2])
