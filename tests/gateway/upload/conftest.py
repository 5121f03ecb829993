"""The page for tests."""

import pytest

from gateway.upload import uploads
from tests.gateway.upload import toy


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    monkeypatch.setattr(uploads, "_TICK", 0.05)


@pytest.fixture
async def house(tmp_path):
    async with toy.house(tmp_path) as found:
        yield found
