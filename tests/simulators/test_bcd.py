from datetime import datetime

from simulators.bcd import bcd, clock7, md4, signed, stamp5, stamp6, text


def test_numbers_lie_low_byte_first():
    assert bcd(123456_78, 4).hex() == "78563412"
    assert bcd(1_000_000_00 + 7, 4).hex() == "07000000"
    assert signed(-12_34, 4).hex() == "34120080"
    assert signed(79_9999, 3).hex() == "999979"
    assert signed(-99_9999, 3).hex() == "9999f9"


def test_times():
    at = datetime(2025, 10, 31, 12, 6, 22)
    assert stamp5(at).hex() == "0612311025"
    assert stamp6(at).hex() == "220612311025"
    assert md4(at).hex() == "06123110"
    assert clock7(at).hex() == "22061205311025"


def test_text_is_sent_last_character_first():
    assert text("220.0V", 6) == b"V0.022"
    assert text("1.0", 4) == b"\x000.1"
