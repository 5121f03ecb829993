"""The simulated ERTU by bytes that others have seen or that are written out by hand; nothing of the gateway's codec."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from simulators.ertu import Ertu, ErtuSpec, TieMeter
from simulators.ertu_wire import Heard, Widths, frames, long_frame, short_frame, ta, tb, when
from simulators.faults import Faults

NOW = datetime(2026, 3, 10, 0, 37, tzinfo=UTC)
RESET, CLASS1, CLASS1_AGAIN = "104001004116", "107A01007B16", "105A01005B16"


def ertu(meters=None, faults=None, **spec):
    meters = meters or [TieMeter(first=1)]
    return Ertu(ErtuSpec(**spec), meters, now=lambda: NOW, tz=ZoneInfo("Asia/Shanghai"), faults=faults)


def say(one, text):
    return b"".join(piece.data for piece in one.respond(bytes.fromhex(text))).hex().upper()


def test_a_real_poll_and_what_it_was_answered_with():
    one = ertu()
    assert say(one, "107B01007C16") == ""
    assert say(one, RESET) == "100001000116"
    assert say(one, "107B01007C16") == "100901000A16"
    one.report(1, 1)
    assert say(one, "105B01005C16") == "102901002A16"


def test_a_real_question_with_its_checksum_put_right():
    one = ertu([TieMeter(first=n) for n in range(1, 65, 4)])
    one._now = lambda: datetime(2012, 11, 1, 1, tzinfo=UTC)
    say(one, RESET)
    assert say(one, "6815156853010078010601001F01400000010B0C0001010B0C6516") == "102001002116"
    assert say(one, CLASS1) == "6815156828010078010701001F01400000010B0C0001010B0C3B16"


def question(kind=120, body="0104" + "00000A031A" + "01000A031A", cause=6, station="0100", record="00"):
    inner = bytes.fromhex(f"73{'0100'}{kind:02X}01{cause:02X}{station}{record}{body}")
    return (bytes((0x68, len(inner), len(inner), 0x68)) + inner + bytes((sum(inner) % 256, 0x16))).hex()


def asked(one, *given, **fields):
    """Type, cause and rest of everything that is told."""
    say(one, RESET)
    say(one, question(*given, **fields))
    told = []
    for poll in (CLASS1_AGAIN, CLASS1) * 20:
        raw = bytes.fromhex(say(one, poll))
        if raw[:1] != b"\x68":
            break
        told.append((raw[7], raw[9], raw[13:-2]))
    return told


def test_totals_between_two_times():
    one = ertu()
    told = asked(one, body="0102" + "00000A031A" + "0F000A031A")
    assert [(kind, cause) for kind, cause, _ in told] == [(120, 7), (2, 5), (2, 5), (120, 10)]
    body = told[1][2]
    minutes = (datetime(2026, 3, 10) - datetime(2012, 1, 1)) // timedelta(minutes=1)
    assert body[0] == 1
    assert int.from_bytes(body[1:5], "little") == 1_000_000 + 7 * minutes
    assert body[5:7] == b"\x00\xff"
    assert body[7] == 2
    assert body[14:].hex() == "40004a031a"


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"station": "0200"}, 16), ({"kind": 104}, 14), ({"record": "05"}, 15),
        ({"body": "C8C9" + "00000A031A" * 2}, 17), ({"body": "0104" + "01000A031A" + "02000A031A"}, 18),
        ({"body": "0104" + "FFFFFFFFFF" * 2}, 18),
    ],
)  # fmt: skip
def test_denials(fields, cause):
    one = ertu(record=0)
    assert [told[1] for told in asked(one, **fields)] == [cause]
    one.denied[120] = 13
    assert [told[1] for told in asked(one)] == [13]


def test_a_frame_count_bit_that_does_not_turn_is_a_repetition():
    one = ertu()
    say(one, RESET)
    say(one, question())
    first = say(one, CLASS1_AGAIN)
    assert say(one, CLASS1_AGAIN) == first
    assert say(one, CLASS1) != first
    assert one.repeats == 1


def test_gaps_invalid_values_and_frames_of_few_objects():
    one = ertu(frame_objects=3)
    one.invalid.add((2, datetime(2026, 3, 10)))
    told = asked(one)
    assert [body[0] for kind, _, body in told if kind == 2] == [1, 4]
    assert told[1][2][12] == 0x80
    one.gaps.add(datetime(2026, 3, 10))
    assert [told[1] for told in asked(one)] == [18]


def test_the_clock_is_told_and_set():
    one = ertu(drift_seconds=30)
    ((kind, cause, body),) = asked(one, kind=103, body="", cause=5)
    assert (kind, cause) == (72, 5)
    assert when(body) == datetime(2026, 3, 10, 8, 37, 30)
    assert [
        told[:2] for told in asked(one, kind=128, body=tb(datetime(2026, 3, 10, 8, 0)).hex(), cause=48)
    ] == [(128, 48)]
    assert one.clock == datetime(2026, 3, 10, 8, 0)
    assert one.changes[128] == 1


def test_what_it_does_not_know_is_counted_as_a_change():
    one = ertu()
    say(one, RESET)
    say(one, "104101004216")
    asked(one, kind=200)
    assert (one.changes[1], one.changes[200]) == (1, 1)


def test_tariffs_periods_and_measurements():
    tariffs = asked(ertu(), kind=170)[1][2]
    numbers = [int.from_bytes(tariffs[at : at + 4], "little") for at in range(1, 25, 4)]
    assert numbers[0] == sum(numbers[1:])
    assert int.from_bytes(asked(ertu(), kind=121)[1][2][1:5], "little") == 7 * 15
    assert asked(ertu(), kind=171, body="0101")[1][:2] == (162, 5)
    assert [told[1] for told in asked(ertu(), kind=171, body="9999")] == [17]
    assert [told[0] for told in asked(ertu(ends=False))] == [120, 2]


def test_a_restart_forgets_the_link_and_says_so():
    one = ertu(single=True)
    assert say(one, RESET) == "E5"
    say(one, question())
    one.restart()
    assert say(one, CLASS1_AGAIN) == ""
    assert say(one, RESET) == "E5"
    assert bytes.fromhex(say(one, CLASS1))[7] == 70


def test_checksums_that_are_wrong_and_a_line_that_is_bad():
    one = ertu(spoilt=3)
    say(one, RESET)
    say(one, question())
    raw = bytes.fromhex(say(one, CLASS1_AGAIN))
    assert raw[-2] == (sum(raw[4:-2]) + 3) % 256
    assert say(ertu(faults=Faults(lost=1.0)), RESET) == ""


@pytest.mark.parametrize("widths", [Widths(1, 1, 1), Widths(2, 2, 2)])
def test_frames_are_found_in_noise(widths):
    stream = bytearray(
        b"\x00\x68\x10" + short_frame(0x49, 1, widths) + long_frame(0x73, 1, b"abc", widths) + b"\x68\x05"
    )
    assert list(frames(stream, widths)) == [Heard(0x49, 1, b""), Heard(0x73, 1, b"abc")]
    assert stream == b"\x68\x05"


def test_times_are_written_out():
    assert ta(datetime(2012, 11, 1), tariff=True).hex() == "4000810b0c"
    with pytest.raises(ValueError, match="month"):
        when(bytes(5))
