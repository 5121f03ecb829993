"""The short form of `python -m tests.bench.load`: fewer buses, in faster time."""

from tests.bench.load import good, measure


def test_every_slot_is_complete_and_memory_stays_small(tmp_path):
    found = measure(tmp_path / "load", buses=8, meters=8, wanted=3, speed=15)
    assert good(found, 3), found
