"""The SQL of each database: numbered migrations, and statements by name; folders of `.sql` files beside this one."""

from importlib import resources
from importlib.resources.abc import Traversable

__all__ = ["migrations", "statements"]


def _scripts(dialect: str) -> list[Traversable]:
    folder = resources.files(__package__) / "sql" / dialect
    return sorted(folder.iterdir(), key=lambda entry: entry.name)


def migrations(dialect: str) -> list[tuple[int, str]]:
    """Numbered migrations in their order."""
    numbered = [entry for entry in _scripts(dialect) if entry.name[:4].isdigit()]
    return [(int(entry.name[:4]), entry.read_text("utf-8")) for entry in numbered]


def statements(dialect: str) -> dict[str, str]:
    """Statements of all other files; each stands under its line `-- name: NAME`."""
    found: dict[str, str] = {}
    for entry in _scripts(dialect):
        if entry.name[:4].isdigit():
            continue
        for part in entry.read_text("utf-8").split("-- name: ")[1:]:
            name, _, text = part.partition("\n")
            found[name.strip()] = text.strip().rstrip(";")
    return found
