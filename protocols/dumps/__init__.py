"""Dumps of hand-held readers and files of other systems: bytes to canonical records.

A parser takes a seekable reader of bytes, a `Spec` and `Notes`, and yields a `Row` or a `Bad` for each record.
It reads no clock, opens nothing, holds one row at a time and never raises for what stands in a row; a file that
cannot be read on raises `DumpError`, and what refuses a file that was read to its end stands in `Notes.refusals`.
"""
