"""The first review: rules on raw values."""
