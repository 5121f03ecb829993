"""How long the uplink's certificates still hold; files that are exchanged while the daemon runs are read anew."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from config.certificate import expiries
from config.schema import Uplink

__all__ = ["CLASSES", "Certificates"]

# Our own chain ends with its first member; of authorities the last one keeps the file useful (one replaces another).
CLASSES: Mapping[str, Callable[[Iterable[datetime]], datetime]] = {"client": min, "ca": max}


class Certificates:
    """The files of an uplink; a look costs a `stat` each while they stay as they are."""

    def __init__(self, uplink: Uplink) -> None:
        self._files = {"client": uplink.cert_file, "ca": uplink.ca_file}
        self._seen: dict[str, tuple[tuple[int, int], float]] = {}

    def ends(self) -> dict[str, float]:
        """Seconds since 1970 by class; 0 for a file that cannot be read, nothing where none is configured."""
        return {name: self._end(name, path) for name, path in self._files.items() if path is not None}

    def _end(self, name: str, path: Path) -> float:
        try:
            found = path.stat()
            version = found.st_mtime_ns, found.st_size
            if name not in self._seen or self._seen[name][0] != version:
                self._seen[name] = version, CLASSES[name](expiries(path)).timestamp()
        except (OSError, ValueError):
            return 0.0
        return self._seen[name][1]
