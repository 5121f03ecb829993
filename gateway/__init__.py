"""The daemon, its master side and its command line."""
