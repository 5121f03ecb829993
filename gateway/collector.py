"""How Python and the C library deal with memory here.

Readings never form cycles, so looking for garbage at each thousand of them is waste. And threads that each get a heap
of their own keep what one of them gave back from the others.
"""

import ctypes
import gc

__all__ = ["collect_rarely", "give_back", "share_heap"]

_THRESHOLDS = (50_000, 20, 50)
_ARENA_MAX = -8
"""mallopt(3): a parameter of <malloc.h>."""


def collect_rarely() -> None:
    """Leave alone what is there at the start, and look at the rest fifty times less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def share_heap() -> bool:
    """One heap for all threads; before any thread begins. False where the C library has no say in it."""
    libc = ctypes.CDLL(None)
    return hasattr(libc, "mallopt") and bool(libc.mallopt(_ARENA_MAX, 1))


def give_back() -> bool:
    """Give free memory back to the system: after a start, a reload. False where the C library cannot."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        return False
    libc.malloc_trim(0)
    return True
