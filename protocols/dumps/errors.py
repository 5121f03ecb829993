"""What is wrong with a dump as a whole."""

__all__ = ["DumpError"]


class DumpError(Exception):
    """A file that cannot be read, or not to its end; nothing of it may be taken.

    `reason` is a code that people are told in words elsewhere, `detail` what was found, `offset` the byte.
    """

    def __init__(self, reason: str, detail: str = "", offset: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.offset = offset
