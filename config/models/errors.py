"""What is wrong with a meter model."""

__all__ = ["ModelError"]


class ModelError(ValueError):
    """A meter model that cannot be used; names the model and every mistake."""
