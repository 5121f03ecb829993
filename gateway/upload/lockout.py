"""Stops guessing: after ten bad sign-ins within a minute a name or an address has to wait."""

from collections import OrderedDict, deque

__all__ = ["BAD_SIGN_INS", "WINDOW", "Lockout"]

BAD_SIGN_INS = 10
WINDOW = 60.0
"""Seconds."""
_REMEMBERED = 10_000


class Lockout:
    """Bad sign-ins by key, with bounded memory; times are monotonic seconds."""

    def __init__(self, most: int = BAD_SIGN_INS, window: float = WINDOW) -> None:
        self._most, self._window = most, window
        self._bad: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, now: float, *keys: str) -> float:
        """Seconds until none of the keys is locked any more; 0.0: none is."""
        longest = 0.0
        for key in keys:
            times = self._bad.get(key)
            if times is not None and len(times) >= self._most:
                longest = max(longest, times[0] + self._window - now)
        return longest

    def bad(self, now: float, *keys: str) -> None:
        """A sign-in with these keys failed."""
        for key in keys:
            times = self._bad.setdefault(key, deque(maxlen=self._most))
            times.append(now)
            self._bad.move_to_end(key)
        while len(self._bad) > _REMEMBERED:
            self._bad.popitem(last=False)

    def good(self, key: str, *others: str) -> None:
        """A sign-in that was counted as bad beforehand worked: `key` begins anew, the others lose this one only.

        So whoever has an account cannot clear the address from which the others' passwords are guessed.
        """
        self._bad.pop(key, None)
        for other in others:
            if times := self._bad.get(other):
                times.pop()
