"""Which layout a file has."""

import pytest

from protocols.dumps.sniff import layout

DBF = (
    bytes([3, 124, 5, 1])
    + (7).to_bytes(4, "little")
    + (97).to_bytes(2, "little")
    + (30).to_bytes(2, "little")
)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"SQLite format 3\0" + bytes(84), "sqlite"),
        (b"PK\x03\x04" + bytes(40), "xlsx"),
        (DBF + bytes(60), "dbf"),
        (b'<?xml version="1.0"?><MeterReadings xmlns="x">', "cim"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom">', "espi"),
        ('<?xml version="1.0" encoding="utf-16"?><MeterReadings/>'.encode("utf-16"), "cim"),
        (b"100,NEM12,200405011135,MDA1,Ret1\n", "nem12"),
        (b'"100","nem13",200405011135,MDA1,Ret1\n', "nem13"),
        (b"/KFM5MT382\r\n\r\n0.0.0(00123456)\r\n", "iec62056-21"),
        (b"\x021.8.0(000123.45*kWh)\r\n!\r\n\x03\x00", "iec62056-21"),
        (b"1-0:1.8.0*255(000123.45*kWh)\r\n", "iec62056-21"),
        (b"F.F(00)\r\n0.0.0(123)\r\n", "iec62056-21"),
        (b'{"asset_no": "1"}\n', "jsonl"),
        ("资产编号,本次示数\n".encode("gb18030"), "text"),
        ("资产编号,本次示数\n".encode("utf-16"), "text"),
        (b"H0001\r\nD0002\r\n", "text"),
        (b"\x7fELF\x02\x01\x01\x00", ""),
        (b"%PDF-1.4\n\x00\x01", ""),
        (b"\x1a" * 128, ""),
        (b"  \r\n", ""),
    ],
)
def test_layout(head, name):
    assert layout(head) == name
