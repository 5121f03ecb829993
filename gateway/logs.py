"""Logs of the daemon: one line per event, JSON for machines, readable on a terminal, nothing unescaped.

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

__all__ = ["LEVELS", "counted", "get", "setup"]

LEVELS = ("debug", "info", "warning", "error", "critical")
_RANK = {name: rank * 10 for rank, name in enumerate(LEVELS, start=1)}

counted: Counter[str] = Counter(dict.fromkeys(LEVELS, 0))
"""Lines written, by level."""

_Fields = MutableMapping[str, Any]


def get(component: str) -> Any:
    """A logger whose lines carry the component's name."""
    return structlog.get_logger(component=component)


def setup(*, stream: TextIO | None = None, level: str = "info", terminal: bool | None = None) -> None:
    """Configure logging to `stream` (standard error): text on a terminal, JSON lines elsewhere."""
    out = sys.stderr if stream is None else stream
    readable = out.isatty() if terminal is None else terminal
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _count,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _plain if readable else structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
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
    time = str(fields.pop("timestamp", ""))[:19].replace("T", " ")
    level, component = fields.pop("level", ""), fields.pop("component", "")
    event = fields.pop("event", "")
    rest = " ".join(f"{key}={value}" for key, value in fields.items())
    return f"{time} {level:<8} {component:<10} {event}" + (f"  {rest}" if rest else "")


def _one_line(_logger: Any, _method: str, rendered: Any) -> str:
    """Control characters and line separators as escapes, so that no text from outside forges a line."""
    text = str(rendered)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
