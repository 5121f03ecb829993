"""What an outbox can say went wrong."""

__all__ = ["OutboxError", "OutboxFull"]


class OutboxError(Exception):
    """The outbox cannot be used; the text tells a person why."""


class OutboxFull(OutboxError):
    """No room for this entry now, nothing of it was stored: stop asking and offer it again later.

    `reason` is "cap" (the configured size) or "disk" (the file system is full or cannot be written).
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
