"""What can be wrong with a decision."""

__all__ = ["ClerkError", "NotAllowed", "Unknown"]


class ClerkError(Exception):
    """Root of what can go wrong; the text says what and what to do."""


class Unknown(ClerkError):
    """There is no such item, order or reason."""


class NotAllowed(ClerkError):
    """The rules of review forbid it: another person is needed, the period is final, the severity is too high."""
