"""Fake equipment for demonstration and tests."""
