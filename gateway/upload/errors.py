"""What can go wrong with the upload page, in the reader's language."""

__all__ = ["BadRecord", "CannotListen", "NotNow", "Refused", "TooMuch", "TooSlow", "UploadError", "UserError"]


class UploadError(Exception):
    """The base; its text is for a person."""


class UserError(UploadError):
    """A user that cannot be made, found or changed."""


class BadRecord(UploadError):
    """The record of uploads was changed by somebody else than this program, or cannot be read."""


class CannotListen(UploadError):
    """An address, certificate or key that the page is not served with."""


class Refused(UploadError):
    """What was asked for is not done; `status` is the answer's."""

    status = 400


class TooMuch(Refused):
    """A body that is larger than allowed, or slower."""

    status = 413


class NotNow(Refused):
    """Something else must end first; `seconds` is a good time to wait."""

    status = 503

    def __init__(self, text: str, seconds: int = 10) -> None:
        super().__init__(text)
        self.seconds = seconds


class TooSlow(Refused):
    """A body that comes slower than a sensible line delivers it, or breaks off."""

    status = 408
