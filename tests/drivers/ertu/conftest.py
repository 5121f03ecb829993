"""Profiles of a site's own for the tests of the driver."""

import pytest

from config.ertu import load_profile, own_profiles, use_profiles
from simulators.ertu_wire import Widths


@pytest.fixture
def own():
    """Puts profiles in force that differ from the standard one in some keys, for one test."""
    before = own_profiles()

    def make(name, **changes):
        use_profiles({**own_profiles(), name: load_profile("standard").model_copy(update=changes)})
        return name

    yield make
    use_profiles(before)


@pytest.fixture
def lenient(own):
    return own("lenient", checksum="lenient")


@pytest.fixture(params=[(1, 1, 1), (1, 2, 2), (2, 1, 2)])
def widths(own, request):
    link, station, number = request.param
    name = own("narrow", address_bytes=link, station_bytes=station, object_bytes=number, status_first=True)
    return name, Widths(link, station, number)
