"""A report as plain text, for the file that is laid beside a dump."""

from collections.abc import Iterator

from config.text import say
from gateway.dumps.report import Report
from gateway.dumps.words import told

__all__ = ["shown"]

_ROWS = 200


def shown(report: Report) -> str:
    """What became of a file, line by line, in the reader's language."""
    return "\r\n".join(_lines(report)) + "\r\n"


def _lines(report: Report) -> Iterator[str]:
    yield report.file
    if report.refused:
        yield say("REFUSED, nothing was taken:", "拒绝，没有导入任何数据：")
        yield from (f"  {told(reason)}  {detail}".rstrip() for reason, detail in report.refused)
    elif report.repeated:
        yield say(f"imported before as {report.repeated}", f"此前已导入，回执号 {report.repeated}")
    else:
        yield say(f"imported, receipt {report.receipt}", f"已导入，回执号 {report.receipt}")
    for en, zh, count in (
        ("rows", "行数", report.rows),
        ("accepted", "接收", report.accepted),
        ("not read", "未抄", report.unread),
        ("duplicates", "重复", report.duplicates),
        ("quarantined", "隔离", report.quarantined),
        ("unknown meters", "档案中没有的表", len(report.unknown)),
    ):
        yield f"  {say(en, zh)}: {count}"
    yield from (f"- {told(reason)}  {detail}".rstrip() for reason, detail in report.remarks)
    for bad in report.quarantine[:_ROWS]:
        yield (
            say(f"line {bad.line}: ", f"第 {bad.line} 行：")
            + f"{told(bad.reason)}  {bad.field} {bad.text}".rstrip()
        )
    for note in sorted(report.notes, key=lambda note: -note.severity)[:_ROWS]:
        yield say(f"line {note.line}: ", f"第 {note.line} 行：") + f"{note.rule} {note.meter}  {note.text}"
