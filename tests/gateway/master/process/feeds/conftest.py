"""Feeds look at one store here; that their statements say the same in the others is tested with the stores."""

from contextlib import closing

import pytest

from gateway.master.stores import store_of


@pytest.fixture
def store(tmp_path):
    """An empty embedded one."""
    with closing(store_of(f"sqlite:///{tmp_path}/master.db")) as found:
        found.connect()
        yield found
