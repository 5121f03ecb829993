"""What a link can say went wrong, named by what the caller can do."""

__all__ = ["CallFailed", "DriverError", "LinkLost", "NoAnswer", "SendRefused", "WillNot"]


class DriverError(Exception):
    """Root of this package's errors."""


class LinkLost(DriverError):
    """The channel is gone: open it again, with back-off."""


class NoAnswer(DriverError):
    """The channel is there and the equipment silent: ask again, then leave it alone for a while.

    `noise` tells that bytes came but no frame among them: a wrong speed, parity or a collision.
    """

    def __init__(self, detail: str = "", *, noise: bool = False) -> None:
        super().__init__(detail)
        self.noise = noise


class SendRefused(DriverError):
    """The send gate held back a frame that is not allowed: nothing was sent, asking again will not help."""


class WillNot(DriverError):
    """The equipment has answered and refuses: asking the same again will not help."""


class CallFailed(DriverError):
    """Nobody was reached by telephone: `reason` is busy, no_answer, no_carrier, no_dialtone or error.

    The modem itself works: leave this number alone for a while.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
