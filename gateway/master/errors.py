"""What the master side can say went wrong, named by what the caller can do."""

__all__ = ["MasterError", "StoreGone", "StoreUnusable"]


class MasterError(Exception):
    """Root of this package's errors."""


class StoreGone(MasterError):
    """The database does not answer: nothing was committed, try again later."""


class StoreUnusable(MasterError):
    """The database is there and cannot be used: a person must correct its address, rights or version."""
