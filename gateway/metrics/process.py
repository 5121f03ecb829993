"""Memory, processor time and files of this process, under the names that every client library gives them."""

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.clock import boot_time
from gateway.metrics.exposition import family

__all__ = ["process"]

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def process(proc: Path = Path("/proc")) -> Iterator[str]:
    """Lines of the exposition; what the system does not show is left out.

    Fields of `stat` are those of proc(5). The machine's start is asked of a clock: units hide /proc/stat
    (ProcSubset=pid).
    """
    with suppress(OSError):
        fields = (proc / "self/stat").read_text().rpartition(")")[2].split()
        user, system, started, virtual, resident = (int(fields[n]) for n in (11, 12, 19, 20, 21))
        yield from _one("virtual_memory_bytes", "Virtual memory size in bytes.", virtual)
        yield from _one("resident_memory_bytes", "Resident memory size in bytes.", resident * _PAGE)
        text = "Start time of the process since unix epoch in seconds."
        yield from _one("start_time_seconds", text, started / _TICKS + boot_time())
        text = "Total user and system CPU time spent in seconds."
        yield from _one("cpu_seconds_total", text, (user + system) / _TICKS, "counter")
    with suppress(OSError):
        count = sum(1 for _ in (proc / "self/fd").iterdir())
        yield from _one("open_fds", "Number of open file descriptors.", count)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        yield from _one("max_fds", "Maximum number of open file descriptors.", most)


def _one(name: str, text: str, value: float, kind: str = "gauge") -> Iterator[str]:
    return family(f"process_{name}", kind, text, [("", {}, value)])
