"""`meterd sniff`."""

import pytest

from protocols.dlt645.frame import Frame, encode
from tests.drivers.line import bcd

QUESTION = encode(Frame("000000000012", 0x11, bytes.fromhex("00000100")), 4)
ANSWER = encode(Frame("000000000012", 0x91, bytes.fromhex("00000100") + bcd("00123456")), 2)


def test_frames_passing_by_are_explained(meterd, served):
    link = served(speech=b"\x00" + QUESTION + ANSWER)
    done = meterd("sniff", link, "--seconds", "1", "--json")
    assert done.exit_code == 0
    down, up, noise = done.objects
    assert (down["direction"], up["direction"]) == ("down", "up")
    assert up["points"][0]["value"] == "1234.56"
    assert up["time"]
    assert noise == {"noise": 1}


def test_a_person_sees_one_line_a_frame(meterd, served):
    done = meterd("sniff", served(speech=QUESTION + ANSWER[:-2] + b"\x00\x16"), "--seconds", "1")
    assert done.exit_code == 0
    rows = done.stdout.splitlines()
    assert "→ 000000000012 11H" in rows[0]
    assert "checksum" in rows[1]


def test_silence_is_a_failure(meterd, served):
    assert meterd("sniff", served(), "--seconds", "0.2").exit_code == 1


@pytest.mark.parametrize(("link", "code"), [("pigeon:1", 2), ("tcp://127.0.0.1:1", 1)])
def test_what_cannot_be_listened_to(meterd, link, code):
    done = meterd("sniff", link, "--seconds", "1")
    assert done.exit_code == code
    assert done.stderr.strip()
