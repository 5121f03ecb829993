"""Archive rows of meters, for tests of feeds."""

from gateway.master.process.roll import Entry

_PLACES = {
    "mp_no": 0, "status": 1, "customer_class": 2, "wiring": 3, "ct": 6, "pt": 7, "register_is_primary": 8,
    "valid_from": 10, "rated_voltage": 13, "capacity_kva": 15, "supply_type": 16,
}  # fmt: skip


def entry(number: int = 7, **known) -> Entry:
    """One row; only what differs from a home's is said."""
    cells = ["", "in service", "", "1P", 6, 2, "1", "1", 0, "", None, None, "2", None, None, None, "", None]
    for name, value in known.items():
        cells[_PLACES[name]] = value
    return Entry(number, f"M{number}", cells)
