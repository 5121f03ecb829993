"""Import of dumps: one service for the command line, the drop folder, the serial line and the upload page."""
