"""How often Python looks for garbage: readings never form cycles, so looking at each thousand of them is waste."""

import gc

__all__ = ["collect_rarely"]

_THRESHOLDS = (50_000, 20, 50)


def collect_rarely() -> None:
    """Leave alone what is there at the start, and look at the rest fifty times less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
