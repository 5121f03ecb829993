"""Named bits of status words."""

import pytest

from protocols.dlt645 import status
from protocols.dlt645.catalogue import lookup


def test_a_relay_that_was_opened():
    assert [en for en, _ in status.names("04000503", "0x0050")] == ["relay open", "relay commanded open"]


def test_phases_share_their_bits():
    assert status.names("04000505", 1) == (("phase B loss of voltage", "B相失压"),)


def test_mode_words_and_unnamed_bits():
    assert status.names("04000906", 0x81)[1][0] == "variables frozen"
    assert status.names("04000704", "0x08")[0][0] == "2400 bit/s"
    assert status.names("04000501", 0x8000) == (("bit 15", "bit 15"),)


def test_what_combined_energies_add_up():
    assert [en for en, _ in status.names("04000601", "0x05")] == [
        "forward active added",
        "reverse active added",
    ]
    assert status.names("04000603", 0x42)[1] == ("quadrant IV added", "IV象限加")


def test_words_of_1997():
    assert [en for en, _ in status.names("C020", "0x14")] == ["battery low", "active energy reversed"]
    assert [en for en, _ in status.names("C021", "0x41")] == ["phase A lost", "phase C over-voltage"]
    assert status.names("C022", 0x81) == (("Sunday works", "周日工作"), ("bit 7", "bit 7"))


@pytest.mark.parametrize("standard", ["1997", "2007"])
def test_every_word_is_one_in_the_catalogue(standard):
    """A misspelt identifier would never be found."""
    width = 8 if standard == "2007" else 4
    words = [di for di in status.words() if len(di) == width]
    assert len(words) == {"2007": 22, "1997": 3}[standard]
    assert {lookup(standard, di).unit for di in words} == {"bits"}


def test_a_register_has_no_bits():
    assert status.names("00010000", 5) == ()
