"""Import of dumps: one service for the command line, the drop folder, the serial line and the upload page."""

from gateway.dumps.check import Judging, check
from gateway.dumps.report import Note, Report

__all__ = ["Judging", "Note", "Report", "check"]
