"""Settings and archive as typed records."""
