"""States, figures and times as people read them."""

from datetime import datetime, tzinfo

from config.text import say

__all__ = ["bytes_text", "field_text", "figure_text", "reason_of_severity", "state_text", "time_text"]

_STATES: dict[str, tuple[str, str]] = {
    "received": ("being checked", "检查中"),
    "checked": ("waits for you", "待确认"),
    "bad": ("cannot be imported", "无法导入"),
    "confirmed": ("handed over", "已提交"),
    "imported": ("imported", "已导入"),
    "refused": ("refused", "被拒绝"),
    "withdrawn": ("withdrawn", "已撤回"),
    "expired": ("expired", "已过期"),
}
_FIGURES: dict[str, tuple[str, str]] = {
    "rows": ("rows", "行数"),
    "accepted": ("to import", "将导入"),
    "taken": ("imported", "已导入"),
    "unread": ("not read", "未抄"),
    "quarantined": ("quarantined", "隔离"),
    "duplicates": ("duplicates", "重复"),
    "withheld": ("withheld", "扣留"),
    "meters": ("meters matched", "匹配的表"),
    "unknown": ("meters unknown", "未知的表"),
    "exchanges": ("meter exchanges", "换表"),
}
_FIELDS: dict[str, tuple[str, str]] = {
    "asset_no": ("asset number", "资产编号"),
    "comm_addr": ("address", "通信地址"),
    "cons_no": ("customer number", "户号"),
    "read_type": ("register", "示数类型"),
    "this_read": ("reading", "本次示数"),
    "last_read": ("last reading", "上次示数"),
    "read_time": ("time of reading", "抄表时间"),
    "last_time": ("last time", "上次抄表时间"),
    "multiplier": ("multiplier", "倍率"),
    "read_status": ("status", "抄表状态"),
    "mode": ("mode", "抄表方式"),
    "unit": ("unit", "单位"),
    "lon": ("longitude", "经度"),
    "lat": ("latitude", "纬度"),
}
_SEVERITIES = (("note", "提示"), ("warning", "注意"), ("suspicious", "可疑"), ("reject", "拒绝"))


def state_text(state: str) -> str:
    """A state in words."""
    return say(*_STATES.get(state, (state, state)))


def figure_text(name: str) -> str:
    """The name of a count."""
    return say(*_FIGURES.get(name, (name, name)))


def field_text(name: str) -> str:
    """The name of a field of a dump; one that is not among the usual ones, as it is."""
    return say(*_FIELDS[name]) if name in _FIELDS else name


def reason_of_severity(severity: int) -> str:
    """How bad a finding is, in a word; severity 0 to 3."""
    return say(*_SEVERITIES[max(0, min(severity, 3))])


def time_text(given: str, tz: tzinfo) -> str:
    """An instant (ISO 8601) in local time to the minute; what is none, as it is."""
    try:
        return datetime.fromisoformat(given).astimezone(tz).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return given


def bytes_text(size: int) -> str:
    """A size as people write it."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
