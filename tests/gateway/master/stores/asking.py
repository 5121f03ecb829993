"""Plain questions to a store, answered alike by every database."""

from datetime import UTC, datetime
from decimal import Decimal


def ask(store, query: str) -> list[tuple]:
    return [tuple(_plain(cell) for cell in row) for row in store._open.execute(query).fetchall()]


def _plain(cell):
    """What both databases mean alike, in one form."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    return str(cell) if isinstance(cell, Decimal | float) or hasattr(cell, "isoformat") else cell
