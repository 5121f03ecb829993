"""Units on a line: framing, faults, several conversations."""

import asyncio

import pytest

from gateway.simulate import modbus_unit
from protocols.modbus.frame import Frame, decode_rtu, decode_tcp, encode_rtu, encode_tcp
from simulators.faults import Faults
from simulators.modbus_line import ModbusLine
from simulators.serve import TcpLine

REQUEST = Frame(1, 4, bytes.fromhex("00000002"), 5)


def line(*, is_rtu=False, units=(1,), **faults):
    return ModbusLine(
        [modbus_unit(number, "eastron-sdm630") for number in units], is_rtu=is_rtu, faults=Faults(**faults)
    )


def replies(line, data=None):
    data = data if data is not None else (encode_rtu if line.is_rtu else encode_tcp)(REQUEST)
    return [piece.data for piece in line.respond(data)]


@pytest.mark.parametrize("is_rtu", [True, False])
def test_a_request_in_pieces_behind_noise(is_rtu):
    served = line(is_rtu=is_rtu)
    raw = (encode_rtu if is_rtu else encode_tcp)(REQUEST)
    noise = b"\xff\xff" if is_rtu else b""
    assert replies(served, noise + raw[:5]) == []
    (answer,) = replies(served, raw[5:])
    frame = (decode_rtu if is_rtu else decode_tcp)(answer)
    assert (frame.unit, frame.function, len(frame.body)) == (1, 4, 5)
    assert frame.transaction == (0 if is_rtu else 5)


def test_nobody_of_that_number():
    assert replies(line(units=(2, 3))) == []


def test_faults():
    served = line(stale=1.0)
    (first,) = replies(served)
    assert replies(served) == [first, first]
    assert served.mischief.counts["stale"] == 1
    assert decode_tcp(replies(line(foreign=1.0))[0]).unit == 2
    assert decode_tcp(replies(line(refused=1.0))[0]).body == b"\x04"
    assert replies(line(lost=1.0)) == []
    assert len(replies(line(twice=1.0))[0]) == 2 * len(first)
    assert replies(line(is_rtu=True, echo=True))[0] == encode_rtu(REQUEST)


def test_writes_change_nothing_and_are_seen():
    served = line()
    write = Frame(1, 6, bytes.fromhex("00000001"), 1)
    assert decode_tcp(replies(served, encode_tcp(write))[0]).function == 0x86
    assert served.functions[6] == 1


def test_a_slow_line_takes_its_time():
    slow = ModbusLine([modbus_unit(1, "eastron-sdm630")], is_rtu=True, baud=9600)
    (piece,) = slow.respond(encode_rtu(REQUEST))
    assert piece.delay == pytest.approx((8 + 9) * 11 / 9600)


async def test_several_clients_at_once_on_tcp():
    served = line()
    async with TcpLine(served, many=served.session) as port:
        async with asyncio.timeout(10):
            streams = [await asyncio.open_connection("127.0.0.1", port.port) for _ in range(3)]
            for _, writer in reversed(streams):
                writer.write(encode_tcp(REQUEST))
            answers = [await reader.readexactly(13) for reader, _ in streams]
        for _, writer in streams:
            writer.close()
    assert [decode_tcp(answer).transaction for answer in answers] == [5, 5, 5]
