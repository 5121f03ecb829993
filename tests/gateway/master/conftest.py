"""The stores that every suite here runs over."""

from contextlib import closing

import pytest

from gateway.master.stores import STORES, store_of


@pytest.fixture(params=sorted(STORES))
def url(request, tmp_path):
    """The address of a new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/master.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url):
    """A connected one."""
    with closing(store_of(url)) as found:
        found.connect()
        yield found
