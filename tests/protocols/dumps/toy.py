"""Bytes into a parser, rows out."""

import io
from datetime import timedelta, timezone

from config.profiles import load_profile
from protocols.dumps.record import Bad, Notes, Row

TZ = timezone(timedelta(hours=8))


def parse(module, raw, profile="delimited"):
    """(rows, bad rows, notes) of a file."""
    notes = Notes()
    spec = profile if not isinstance(profile, str) else load_profile(profile)
    items = list(module.rows(io.BytesIO(raw), spec, TZ, notes))
    return [i for i in items if isinstance(i, Row)], [i for i in items if isinstance(i, Bad)], notes
