"""The master-station side."""
