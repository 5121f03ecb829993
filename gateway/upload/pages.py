"""The pages around an upload: sign-in, password, the place to drop files, and the frame of them all."""

from dataclasses import dataclass
from datetime import tzinfo

from config.text import language, say
from gateway.upload.markup import Child, Markup, data, document, el, join
from gateway.upload.record import Upload
from gateway.upload.sessions import Session
from gateway.upload.users import MIN_PASSWORD
from gateway.upload.words import bytes_text, state_text, time_text

__all__ = ["Frame", "badge", "home", "message", "password", "sign_in", "token"]

CSRF = "csrf"
"""Name of the hidden field of every form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page has: the gateway's name, the hash of the static files, whose page, the path, local time."""

    gateway: str
    version: str
    path: str
    tz: tzinfo
    session: Session | None = None
    refresh: int = 0

    def page(self, title: str, *body: Child) -> str:
        """A whole page; `refresh` seconds later the browser asks again, 0: never."""
        head = (
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", http_equiv="refresh", content=self.refresh) if self.refresh else None,
            el("title", f"{title} · meterd"),
            el("link", rel="icon", href=f"/static/icon.svg?{self.version}", type="image/svg+xml"),
            el("link", rel="stylesheet", href=f"/static/page.css?{self.version}"),
            el("script", src=f"/static/page.js?{self.version}", defer=True),
        )
        main = el("main", el("h1", title), *body)
        return document("zh-CN" if language() == "zh" else "en", head, join(self._top(), main))

    def _top(self) -> Markup:
        other, name, code = ("en", "English", "en") if language() == "zh" else ("zh", "中文", "zh-CN")
        switch = el("a", name, href=f"{self.path}?lang={other}", hreflang=code, lang=code, class_="lang")
        brand = el("a", el("b", "meterd"), " ", data(self.gateway, 64), href="/", class_="brand")
        return el("header", brand, el("nav", switch, self._person(), aria_label=say("Account", "账户")))

    def _person(self) -> Child:
        if self.session is None:
            return None
        return (
            el("span", data(self.session.user.name, 64), class_="who"),
            el(
                "form",
                token(self.session.csrf),
                el("button", say("Sign out", "退出"), class_="quiet"),
                method="post",
                action="/logout",
            ),
        )


def token(csrf: str) -> Markup:
    """The hidden field that every form carries."""
    return el("input", type="hidden", name=CSRF, value=csrf)


def message(text: Child, kind: str = "bad") -> Markup:
    """A line that cannot be overlooked; kinds: good, note, bad."""
    return el("div", text, class_=f"message {kind}", role="alert" if kind == "bad" else "status")


def badge(state: str) -> Markup:
    """A state in a word and a colour."""
    return el("span", state_text(state), class_=f"badge {state}")


def sign_in(frame: Frame, csrf: str, wrong: str = "", name: str = "") -> str:
    """The sign-in form; `wrong` says why the last try failed."""
    form = el(
        "form",
        token(csrf),
        _field("user", say("Name", "用户名"), autocomplete="username", value=name, autofocus=not name),
        _field("password", say("Password", "密码"), kind="password", autocomplete="current-password"),
        el("button", say("Sign in", "登录"), class_="primary"),
        method="post",
        action="/login",
        class_="card narrow",
    )
    title = say("Upload meter readings", "上传抄表数据")
    return frame.page(title, message(wrong) if wrong else None, form)


def password(frame: Frame, session: Session, wrong: str = "") -> str:
    """The form for another password."""
    first = session.user.one_time
    hint = say(
        f"At least {MIN_PASSWORD} characters, without your name. A short sentence is easy to remember.",
        f"至少 {MIN_PASSWORD} 个字符，不含用户名。可以用一句容易记住的话。",
    )
    form = el(
        "form",
        token(session.csrf),
        el("p", hint, class_="hint", id="hint"),
        _field("old", say("Password now", "当前密码"), kind="password", autocomplete="current-password"),
        _field("new", say("New password", "新密码"), kind="password", autocomplete="new-password"),
        _field(
            "again", say("New password again", "再次输入新密码"), kind="password", autocomplete="new-password"
        ),
        el("button", say("Change password", "修改密码"), class_="primary"),
        method="post",
        action="/password",
        class_="card narrow",
    )
    told = (
        say("Choose a password of your own first.", "请先设置您自己的密码。") if first and not wrong else ""
    )
    return frame.page(
        say("Your password", "您的密码"),
        message(wrong) if wrong else None,
        message(told, "note") if told else None,
        form,
    )


def home(frame: Frame, session: Session, uploads: list[Upload], most: int, lost: str = "") -> str:
    """Where files are dropped, with the newest uploads and the look-up of a receipt."""
    return frame.page(
        say("Upload meter readings", "上传抄表数据"),
        message(lost) if lost else None,
        _drop(session.csrf, most),
        _look_up(),
        _listed(frame, uploads),
        el("p", el("a", say("Change password", "修改密码"), href="/password"), class_="foot"),
    )


def _drop(csrf: str, most: int) -> Markup:
    texts = {
        "data_sending": say("Uploading", "正在上传"),
        "data_failed": say(
            "The upload failed. Check the connection and try again.", "上传失败，请检查网络后重试。"
        ),
        "data_large": say("Too large:", "文件过大："),
        "data_empty": say("Empty file:", "空文件："),
        "data_done": say("Uploaded", "已上传"),
        "data_out": say("You were signed out. Sign in again.", "登录已失效，请重新登录。"),
    }
    return el(
        "form",
        el(
            "label",
            el("span", "↑", class_="arrow", aria_hidden="true"),
            el("strong", say("Choose files", "选择文件")),
            el("span", say("or drop them here", "或拖放到此处"), class_="hint drophint"),
            el("span", _limit(most), class_="hint"),
            el("input", type="file", multiple=True, id="files", aria_describedby="said"),
            for_="files",
            class_="drop",
        ),
        el("progress", max=100, value=0, hidden=True, aria_label=say("Progress", "进度")),
        el("p", "", id="said", role="status", aria_live="polite"),
        el("button", say("Cancel", "取消"), type="button", id="cancel", hidden=True),
        el(
            "noscript",
            message(say("Uploading needs JavaScript in this browser.", "上传需要启用浏览器的 JavaScript。")),
        ),
        id="upload",
        class_="card",
        data_csrf=csrf,
        data_max=most,
        **texts,
    )


def _limit(most: int) -> str:
    return say(
        f"Nothing is imported before you confirm. Up to {most >> 20} MiB a file.",
        f"确认之前不会导入任何数据。每个文件最大 {most >> 20} MiB。",
    )


def _look_up() -> Markup:
    return el(
        "form",
        el("label", say("Receipt number", "回执号"), for_="number"),
        el(
            "div",
            el("input", id="number", name="number", placeholder="260501-3F9A0C", autocomplete="off", maxlength=40,
               spellcheck="false", autocapitalize="characters"),
            el("button", say("Look up", "查询")),
            class_="row",
        ),
        method="get",
        action="/receipt",
        role="search",
        class_="card",
    )  # fmt: skip


def _listed(frame: Frame, uploads: list[Upload]) -> Markup:
    title = el("h2", say("Recent uploads", "最近的上传"))
    if not uploads:
        return el("section", title, el("p", say("None yet.", "暂无。"), class_="hint"), class_="card")
    items = [
        el(
            "li",
            el(
                "a",
                el("span", data(one.name or "-", 80), class_="name"),
                badge(one.shown),
                el("span", _small(frame, one), class_="hint"),
                href=f"/uploads/{one.number}",
            ),
        )
        for one in uploads
    ]
    return el("section", title, el("ul", items, class_="list"), class_="card")


def _small(frame: Frame, one: Upload) -> Child:
    parts = [one.number, time_text(one.at, frame.tz), bytes_text(one.size)]
    if frame.session is None or one.user != frame.session.user.name:
        parts.append(one.user)
    return join(*(el("span", data(part, 64)) for part in parts))


def _field(name: str, label: str, *, kind: str = "text", **given: str | bool) -> Markup:
    inside = el("input", id=name, name=name, type=kind, required=True, maxlength=256, **given)
    return el("p", el("label", label, for_=name), inside, class_="field")
