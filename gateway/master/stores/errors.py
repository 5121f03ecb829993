"""What can go wrong with a store."""

__all__ = ["BadUrl", "StoreBusy", "StoreError", "StoreGone", "StoreProblem"]


class StoreProblem(Exception):
    """Root of what can go wrong with a store."""


class BadUrl(StoreProblem):
    """The address names no database that we speak to."""


class StoreGone(StoreProblem):
    """The database does not answer, is locked or out of room: another attempt may go well."""


class StoreBusy(StoreGone):
    """Another worker was in the way: the same again at once may go well."""


class StoreError(StoreProblem):
    """The database refuses what we ask of it."""
