"""Who dials in."""

import pytest

from protocols.gdw1376_1.greeting import Greeter
from protocols.outer import greeter

LOGIN = bytes.fromhex("683200320068C903440400000271000001008816")


def test_the_first_whole_frame_tells():
    caller = greeter()
    assert isinstance(caller, Greeter)
    assert caller.feed(b"\x00" + LOGIN[:10]) is None
    assert caller.feed(LOGIN[10:]) == "44030004"


def test_a_frame_of_a_master_station_tells_nothing():
    down = bytes.fromhex("6832003200680B0002341200006100000100B516")
    assert Greeter().feed(down) is None


def test_who_goes_on_without_a_frame_is_no_terminal():
    caller = Greeter()
    assert caller.feed(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n") is None
    with pytest.raises(ValueError, match="no frame"):
        caller.feed(bytes(5_000))
