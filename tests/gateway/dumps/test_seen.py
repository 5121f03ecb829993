"""The compact memory of keys."""

import random
from datetime import UTC, datetime
from decimal import Decimal

from gateway.dumps.seen import Seen, key_of, number_of, print_of
from protocols.reading import Origin


def test_it_holds_what_a_dict_holds():
    rng, seen, model = random.Random(1), Seen(), {}
    for _ in range(20_000):
        key, value = rng.randrange(15_000) * 977, rng.randrange(9)
        assert seen.put(key, value) == model.get(key)
        model.setdefault(key, value)
    assert len(seen) == len(model)


def test_keys_differ_where_anything_differs():
    at = datetime(2024, 5, 1, tzinfo=UTC)
    keys = {
        key_of("1", "1-0:1.8.0", at, Origin.FILE),
        key_of("2", "1-0:1.8.0", at, Origin.FILE),
        key_of("1", "1-0:1.8.1", at, Origin.FILE),
        key_of("1", "1-0:1.8.0", at.replace(second=1), Origin.FILE),
        key_of("1", "1-0:1.8.0", at, Origin.HHU_KEYED),
    }
    assert len(keys) == 5
    assert all(0 <= key < 2**63 for key in keys)


def test_values_are_equal_however_written():
    assert print_of(Decimal("150.33")) == print_of(Decimal("150.3300"))
    assert print_of(Decimal("150.33")) != print_of(Decimal("150.34"))


def test_names_are_counted_once():
    seen = Seen()
    for name in ("1001", "1002", "01001", "1001"):
        seen.put(number_of(name), 0)
    assert len(seen) == 3
    assert number_of("1001") >= 0
