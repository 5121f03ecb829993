"""One module per kind of link."""
