"""Who dials in: the address in a terminal's first whole frame."""

from protocols.gdw1376_1.frame import Frame, Splitter

__all__ = ["Greeter"]

# A login is 20 bytes, a report with a curve some hundred; who sends more without a frame is no terminal.
_LONGEST, _PATIENCE = 2_048, 4_096


class Greeter:
    """Listens to one caller until it is known."""

    def __init__(self) -> None:
        self._splitter = Splitter(_LONGEST)
        self._heard = 0

    def feed(self, data: bytes) -> str | None:
        """The terminal's address, None while it is not known; raises ValueError for what is no greeting."""
        self._heard += len(data)
        for frame in self._splitter.feed(data):
            if isinstance(frame, Frame) and frame.up and not frame.is_group:
                return frame.address
        if self._heard > _PATIENCE:
            raise ValueError("no frame of a terminal")
        return None
