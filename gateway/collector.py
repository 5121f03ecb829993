"""How Python and the C library deal with memory here.

Readings never form cycles, so looking for garbage at each thousand of them is waste. And threads that each get a heap
of their own keep what one of them gave back from the others.
"""

import ctypes
import gc

__all__ = ["collect_rarely", "give_back", "share_heap"]

_THRESHOLDS = (50_000, 20, 50)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""mallopt(3): parameters of <malloc.h>."""
_TRIM_BYTES, _MMAP_BYTES = 384 << 10, 512 << 10
"""More than what a socket reads at once, so that reading does not move the heap's end."""


def collect_rarely() -> None:
    """Leave alone what is there at the start, and look at the rest fifty times less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def share_heap() -> bool:
    """One heap for all threads; before any thread begins. False where the C library has no say in it.

    What is free at its end goes back to the system. By itself the C library keeps twice the largest piece that was
    ever given back, some MiB.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return False
    asked = ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, _TRIM_BYTES), (_MMAP_THRESHOLD, _MMAP_BYTES))
    return all(libc.mallopt(parameter, value) for parameter, value in asked)


def give_back() -> bool:
    """Give free memory back to the system: after a start, and now and then. False where the C library cannot.

    Looking for garbage also empties Python's stocks of used tuples, some 1.3 MiB after a full slot.
    """
    gc.collect()
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        return False
    libc.malloc_trim(0)
    return True
