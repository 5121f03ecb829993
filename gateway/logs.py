"""Logs of the daemon: one line per event, nothing unescaped.

Readable on a terminal, an entry with fields where the journal listens, JSON for everything else.

Imported before anything else that logs: it keeps structlog from loading what only colours tracebacks.
"""

import sys
from collections import Counter
from collections.abc import MutableMapping
from typing import Any, TextIO

_kept = "rich" in sys.modules
if not _kept:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if not _kept:
    del sys.modules["rich"]

from gateway.journal import PRIORITIES, Journal, is_ours  # noqa: E402

__all__ = ["LEVELS", "counted", "get", "setup"]

LEVELS = ("debug", "info", "warning", "error", "critical")
_ELSEWHERE = {"timestamp", "level", "component", "event"}
_RANK = {name: rank * 10 for rank, name in enumerate(LEVELS, start=1)}

counted: Counter[str] = Counter(dict.fromkeys(LEVELS, 0))
"""Lines written, by level."""

_Fields = MutableMapping[str, Any]


def get(component: str) -> Any:
    """A logger whose lines carry the component's name."""
    return structlog.get_logger(component=component)


def setup(*, stream: TextIO | None = None, level: str = "info", terminal: bool | None = None) -> None:
    """Configure logging to `stream` (standard error): text on a terminal, JSON lines elsewhere.

    Under the service manager, where the stream leads into the journal, entries with fields go there instead.
    """
    out = sys.stderr if stream is None else stream
    readable = out.isatty() if terminal is None else terminal
    last: list[Any] = (
        [_plain] if readable else [structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
    )
    if not readable and is_ours(out):
        last = [_Entries(Journal()), *last, _prefixed]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _count,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *last,
            _one_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_RANK[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def _count(_logger: Any, method: str, fields: _Fields) -> _Fields:
    counted["error" if method == "exception" else method] += 1
    return fields


def _plain(_logger: Any, _method: str, fields: _Fields) -> str:
    """Time, level, component, event, then key=value."""
    time = str(fields.get("timestamp", ""))[:19].replace("T", " ")
    return f"{time} {fields.get('level', ''):<8} {fields.get('component', ''):<10} {_said(fields)}"


def _said(fields: _Fields) -> str:
    """Event, then key=value, without what stands elsewhere."""
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in _ELSEWHERE)
    return f"{fields.get('event', '')}" + (f"  {rest}" if rest else "")


class _Entries:
    """Sends entries to the journal; what it does not take goes on, to the stream."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, logger: Any, method: str, fields: _Fields) -> _Fields:
        if self._journal.send(_one_line(logger, method, _said(fields)), fields):
            raise structlog.DropEvent
        return fields


def _prefixed(_logger: Any, method: str, rendered: str) -> str:
    """The priority as the service manager reads it at the beginning of a line."""
    return f"<{PRIORITIES.get(method, PRIORITIES['error'])}>{rendered}"


def _one_line(_logger: Any, _method: str, rendered: Any) -> str:
    """Control characters and line separators as escapes, so that no text from outside forges a line."""
    text = str(rendered)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
