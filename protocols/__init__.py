"""Bytes to frames to readings, and back: no I/O, no clock."""
