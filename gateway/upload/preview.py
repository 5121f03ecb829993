"""One upload: what would change, what is wrong with which line, and the receipt."""

from collections.abc import Sequence
from typing import Any

from config.text import say
from gateway.dumps.rules import ENTRY_RULES
from gateway.dumps.words import told as told_reason
from gateway.review.rules import RULES
from gateway.upload.markup import Child, Markup, data, el, join
from gateway.upload.pages import Frame, badge, message, token
from gateway.upload.record import Upload
from gateway.upload.words import bytes_text, field_text, figure_text, reason_of_severity, time_text

__all__ = ["Shown", "page"]

View = dict[str, Any]
_RULES = {rule.id: (rule.en, rule.zh) for rule in ENTRY_RULES} | {
    rule.id: (rule.en, rule.zh) for rule in RULES
}
_SAID = {
    "confirmed": ("Handed over. The gateway is importing it…", "已提交，网关正在导入…"),
    "withdrawn": ("Withdrawn: nothing was imported.", "已撤回：未导入任何数据。"),
    "expired": ("Not confirmed within a day: nothing was imported.", "一天内未确认：未导入。"),
}
_OWN = {
    "gateway": (
        "the gateway's configuration has mistakes: tell the operator",
        "网关配置有误：请联系运维人员",
    ),
    "failed": ("the check itself failed: tell the operator the number", "检查程序出错：请把编号告诉运维人员"),
}
_WAITS = ("received", "confirmed")
_FIGURES = (
    "rows",
    "accepted",
    "unread",
    "quarantined",
    "duplicates",
    "withheld",
    "meters",
    "unknown",
    "exchanges",
)
_ALWAYS = frozenset({"rows", "accepted", "quarantined", "meters", "unknown"})
_WARN = frozenset({"quarantined", "unknown", "withheld"})


class Shown:
    """An upload with what there is of its report; `progress` rows are done of a check that goes on."""

    def __init__(self, upload: Upload, view: View | None, *, busy: bool, progress: int = 0) -> None:
        checking = busy or upload.state == "received"
        self.upload, self.view = upload, None if checking else view
        self.busy, self.progress = busy, progress

    @property
    def waits(self) -> bool:
        """Whether the page will change by itself soon."""
        return self.busy or self.upload.state in _WAITS

    @property
    def fit(self) -> bool:
        """Whether it may be confirmed."""
        return self.upload.state == "checked" and not self.busy and self.view is not None and self.view["ok"]


def page(frame: Frame, shown: Shown, csrf: str) -> str:
    """The page of one upload."""
    upload, view = shown.upload, shown.view
    body = [
        _head(frame, shown),
        _verdict(shown),
        _figures(shown),
        _change(frame, shown),
        _actions(shown, csrf),
    ]
    if view is not None:
        body += [_unknown(view), _quarantine(view), _findings(view)]
    body += [_details(frame, upload, view)]
    title = say("Receipt", "回执") if upload.state in ("imported", "confirmed") else say("Preview", "预览")
    return frame.page(title, *body)


def _head(frame: Frame, shown: Shown) -> Markup:
    upload = shown.upload
    return el(
        "section",
        el(
            "p",
            say("Number", "编号"),
            " ",
            el("strong", upload.number, class_="number"),
            badge("received" if shown.busy else upload.shown),
        ),
        el("p", el("span", data(upload.name or "-", 120), class_="name")),
        el(
            "p",
            el("span", time_text(upload.at, frame.tz)),
            el("span", bytes_text(upload.size)),
            class_="hint small",
        ),
        class_="card head",
    )


def _verdict(shown: Shown) -> Markup | None:
    upload, view = shown.upload, shown.view
    if shown.busy or upload.state == "received":
        rows = say(f", {shown.progress} rows so far", f"，已查 {shown.progress} 行") if shown.progress else ""
        return message(say("The file is being checked", "正在检查文件") + rows + "…", "note")
    if upload.state in _SAID:
        return message(say(*_SAID[upload.state]), "note")
    if view is None:
        return message(say("The report is not kept any more.", "报告已不再保存。"), "note")
    if not view["ok"]:
        return message(_reasons(view))
    if view["repeated"]:
        text = say("This content was imported before, as ", "相同内容此前已导入，回执号 ")
        return message(join(text, data(view["repeated"], 40)), "note")
    if upload.state == "imported":
        return message(say(f"Imported: {view['accepted']} rows.", f"已导入 {view['accepted']} 行。"), "good")
    return _ready(view)


def _ready(view: View) -> Markup:
    rows, good = view["rows"], view["accepted"] + view["unread"]
    if good == rows and not view["findings"]:
        return message(say(f"All {rows} rows are good.", f"全部 {rows} 行正常。"), "good")
    text = say(f"{good} of {rows} rows can be imported.", f"{rows} 行中有 {good} 行可以导入。")
    return message(text, "note" if good else "bad")


def _reasons(view: View) -> Markup:
    reasons = [el("li", _told(one["reason"]), _detail(one["detail"])) for one in view["refused"]]
    return join(say("Nothing of this file can be imported:", "此文件无法导入："), el("ul", reasons))


def _told(reason: str) -> str:
    return say(*_OWN[reason]) if reason in _OWN else told_reason(reason)


def _detail(text: str) -> Child:
    return join(" (", data(text, 120), ")") if text else None


def _figures(shown: Shown) -> Markup | None:
    view = shown.view
    if view is None:
        return None
    counts = view | {"unknown": view["unknown_meters"]}
    cells = []
    for name in _FIGURES:
        count = counts[name]
        if count or name in _ALWAYS:
            label = "taken" if name == "accepted" and shown.upload.state == "imported" else name
            class_ = "warn" if count and name in _WARN else None
            cells.append(el("div", el("dt", figure_text(label)), el("dd", f"{count:,}"), class_=class_))
    return el("dl", cells, class_="figures card")


def _change(frame: Frame, shown: Shown) -> Markup | None:
    """What confirming does, in sentences."""
    view = shown.view
    if view is None or not shown.fit:
        return None
    said = [
        say(
            f"{view['accepted']} readings of {view['meters']} meters are added; "
            "nothing that is there is overwritten.",
            f"新增 {view['meters']} 块表的 {view['accepted']} 条读数；已有数据不会被覆盖。",
        )
    ]
    if doubtful := sum(view["states"].get(state, 0) for state in ("SUSPECT", "REJECTED")):
        said.append(
            say(
                f"{doubtful} of them are suspicious or rejected and wait for a clerk's review.",
                f"其中 {doubtful} 条可疑或被拒绝，等待人工审核。",
            )
        )
    if view["first"] and view["last"]:
        first, last = (time_text(view[key], frame.tz) for key in ("first", "last"))
        said.append(say(f"They were read between {first} and {last}.", f"抄表时间从 {first} 到 {last}。"))
    if view["unread"]:
        said.append(
            say(
                f"{view['unread']} rows that were not read are kept as facts.",
                f"{view['unread']} 行未抄，作为事实记录。",
            )
        )
    if view["duplicates"]:
        said.append(
            say(f"{view['duplicates']} rows are known already.", f"{view['duplicates']} 行已有，不再导入。")
        )
    if view["exchanges"]:
        said.append(
            say(f"{view['exchanges']} meter exchanges are noted.", f"记录 {view['exchanges']} 次换表。")
        )
    if view["quarantined"]:
        said.append(
            say(
                f"{view['quarantined']} rows stay out; see why below.",
                f"{view['quarantined']} 行不导入，原因见下。",
            )
        )
    title = el("h2", say("What would change", "确认后的变化"))
    return el("section", title, el("ul", [el("li", one) for one in said]), class_="card")


def _actions(shown: Shown, csrf: str) -> Markup | None:
    if shown.upload.state not in ("received", "checked"):
        return None
    place = f"/uploads/{shown.upload.number}"
    confirm = (
        _button(f"{place}/confirm", csrf, say("Confirm import", "确认导入"), "primary") if shown.fit else None
    )
    return el(
        "div",
        confirm,
        _button(f"{place}/withdraw", csrf, say("Withdraw", "撤回"), "danger"),
        class_="actions",
    )


def _button(action: str, csrf: str, text: str, kind: str) -> Markup:
    return el("form", token(csrf), el("button", text, class_=kind), method="post", action=action)


def _unknown(view: View) -> Markup | None:
    if not view["unknown"]:
        return None
    names = [el("li", data(name, 64)) for name in view["unknown"]]
    more = _more(view["unknown_meters"], len(names))
    return _folded(
        say("Unknown meters", "未知的表"), view["unknown_meters"], el("ul", names, class_="chips"), more
    )


def _quarantine(view: View) -> Markup | None:
    rows = [
        (
            row["line"],
            "" if row["offset"] is None else row["offset"],
            told_reason(row["reason"]),
            data(field_text(row["field"] or ""), 40),
            data(row["value"] or "", 120),
        )
        for row in view["quarantine"]
    ]
    if not rows:
        return None
    heads = (
        say("line", "行"),
        say("byte", "字节"),
        say("reason", "原因"),
        say("field", "字段"),
        say("found", "内容"),
    )
    more = _more(view["quarantined"], len(rows))
    return _folded(say("Quarantined rows", "隔离的行"), view["quarantined"], _table(heads, rows), more)


def _findings(view: View) -> Markup | None:
    rows = [
        (
            note["line"],
            join(el("b", reason_of_severity(note["severity"])), " ", note["rule"]),
            data(note["meter"], 64),
            join(data(note["value"], 60), el("span", " / "), data(note["limit"], 60)),
            _advice(note),
        )
        for note in view["findings"]
    ]
    if not rows:
        return None
    heads = (
        say("line", "行"), say("rule", "规则"), say("meter", "表"), say("value / expected", "值 / 应为"),
        say("look at", "核查"),
    )  # fmt: skip
    more = _more(view["findings_all"], len(rows))
    return _folded(say("Findings", "疑点"), view["findings_all"], _table(heads, rows), more)


def _advice(note: View) -> Child:
    told = _RULES.get(note["rule"])
    return say(*told) if told is not None else data(note["text"], 300)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[Child, ...]]) -> Markup:
    """A table that becomes a list of cards on a phone: each cell carries its heading."""
    return el(
        "table",
        el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
        el(
            "tbody",
            [
                el(
                    "tr",
                    [
                        el("td", el("span", cell) if cell != "" else None, data_head=head)
                        for head, cell in zip(heads, row, strict=True)
                    ],
                )
                for row in rows
            ],
        ),
    )


def _folded(title: str, count: int, *body: Child) -> Markup:
    heading = el("summary", el("h2", title, " ", el("span", f"{count:,}", class_="count")))
    return el("details", heading, *body, class_="card", open=count > 0)


def _more(count: int, listed: int) -> Markup | None:
    if count <= listed:
        return None
    text = say(f"{count - listed:,} more are in the whole report.", f"其余 {count - listed:,} 条见完整报告。")
    return el("p", text, class_="hint")


def _details(frame: Frame, upload: Upload, view: View | None) -> Markup:
    facts: list[tuple[str, Child]] = [
        (say("Uploaded by", "上传人"), data(upload.user, 64)),
        (say("From", "来源地址"), data(upload.address or "-", 64)),
        (say("At", "时间"), time_text(upload.at, frame.tz)),
        ("SHA-256", el("code", upload.sha256)),
    ]
    if upload.last_at and upload.last_at != upload.at:
        facts.append((say("Last step", "最近操作"), time_text(upload.last_at, frame.tz)))
    if view is not None:
        layout = " / ".join(filter(None, (view["format"], view["profile"], view["encoding"])))
        facts.append((say("Layout", "格式"), data(layout or "-", 120)))
        facts += [
            (say("Remark", "备注"), join(told_reason(one["reason"]), _detail(one["detail"])))
            for one in view["remarks"]
        ]
    pairs = [el("div", el("dt", name), el("dd", value)) for name, value in facts]
    link = None
    if view is not None:
        text = say("Whole report (JSON)", "完整报告（JSON）")
        link = el("p", el("a", text, href=f"/uploads/{upload.number}/report.json"))
    return el(
        "section", el("h2", say("Details", "详情")), el("dl", pairs, class_="facts"), link, class_="card"
    )
