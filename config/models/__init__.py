"""Meter models as data."""
