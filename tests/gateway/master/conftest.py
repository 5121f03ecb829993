"""The stores that every suite here runs over."""

from contextlib import closing

import pytest

from gateway.master.stores import STORES, store_of


@pytest.fixture(params=sorted(STORES))
def url(request, tmp_path):
    """The address of a new database of each kind, without any data."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/master.db"
    return request.getfixturevalue("postgres_server").copy("migrated", _migrate)


@pytest.fixture(params=sorted(STORES))
def empty_url(request, tmp_path):
    """The same without any table."""
    return (
        f"sqlite:///{tmp_path}/empty.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )


def _migrate(url: str) -> None:
    with closing(store_of(url)) as store:
        store.connect()


@pytest.fixture
def store(url):
    """A connected one."""
    with closing(store_of(url)) as found:
        found.connect()
        yield found
