"""What is known of protocols that stand between us and meters, before their codecs are needed."""

import pytest

from protocols.outer import BEHIND, OUTERS


@pytest.mark.parametrize(
    ("driver", "given", "address"),
    [
        ("concentrator", "4403a1b2", "4403A1B2"),
        ("terminal", "44030004", "44030004"),
        ("carrier", "33010065", "000033010065"),
        ("ertu", "007", "7"),
    ],
)
def test_addresses_in_the_form_of_frames(driver, given, address):
    assert OUTERS[driver].address(given) == address


@pytest.mark.parametrize(
    ("driver", "given"),
    [
        ("concentrator", "4403"),
        ("concentrator", "44030000"),
        ("concentrator", "4403FFFF"),
        ("concentrator", "A4030004"),
        ("concentrator", "4403000G"),
        ("carrier", "1234567890123"),
        ("carrier", "12A"),
        ("ertu", "65536"),
        ("ertu", "x"),
    ],
)
def test_what_is_no_address(driver, given):
    with pytest.raises(ValueError, match=r"is not|nobody|invalid literal"):
        OUTERS[driver].address(given)


def test_meters_behind_have_addresses_of_their_own():
    assert BEHIND["gdw1376.1"]("12") == "000000000012"
    with pytest.raises(ValueError, match="digits"):
        BEHIND["iec102"]("x")
    assert all(outer.meters for outer in OUTERS.values())


def test_only_who_says_its_name_shares_a_port_with_others():
    assert {driver for driver, outer in OUTERS.items() if outer.greets} == {"concentrator", "terminal"}
