"""Named bits of status words."""

from protocols.dlt645 import status


def test_a_relay_that_was_opened():
    assert [en for en, _ in status.names("04000503", "0x0050")] == ["relay open", "relay commanded open"]


def test_phases_share_their_bits():
    assert status.names("04000505", 1) == (("phase B loss of voltage", "B相失压"),)


def test_mode_words_and_unnamed_bits():
    assert status.names("04000906", 0x81)[1][0] == "variables frozen"
    assert status.names("04000704", "0x08")[0][0] == "2400 bit/s"
    assert status.names("04000501", 0x8000) == (("bit 15", "bit 15"),)


def test_a_register_has_no_bits():
    assert status.names("00010000", 5) == ()
