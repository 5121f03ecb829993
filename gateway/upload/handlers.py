"""The routes: what each address does."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import tzinfo
from http import HTTPStatus
from importlib import resources
from urllib.parse import unquote

from aiohttp import ClientError, web
from aiohttp.web import HTTPSeeOther, Request, Response, StreamResponse

from config.text import say
from gateway import logs
from gateway.clock import Clock
from gateway.upload import pages, preview
from gateway.upload.errors import NotNow, TooMuch, TooSlow, UserError
from gateway.upload.gates import SESSION, STATE, VISITOR, Gates, cookie, form, peer, see
from gateway.upload.pages import Frame
from gateway.upload.record import Upload, numbered
from gateway.upload.sessions import Session
from gateway.upload.uploads import Uploads, Who

__all__ = ["About", "Site", "Static"]

_RECENT = 20
_CHECKS_AT_ONCE = 2
_GRACE, _SLOWEST, _LONGEST = 20.0, 1024.0, 600.0
"""A body may take 20 s and one more for each KiB that has come, and never longer than ten minutes."""
_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_log = logs.get("upload")


class Static:
    """The files of the page, read once; no other file is ever served."""

    def __init__(self) -> None:
        folder = resources.files("gateway.upload").joinpath("static")
        self._files = {name: folder.joinpath(name).read_bytes() for name in _TYPES}
        self.version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]

    def route(self, name: str) -> web.RouteDef:
        """The route of one file."""

        async def give(_request: Request) -> Response:
            headers = {"Content-Type": _TYPES[name], "Cache-Control": "max-age=31536000, immutable"}
            return Response(body=self._files[name], headers=headers)

        return web.get(f"/static/{name}", give, name=f"static-{name}")

    @property
    def names(self) -> tuple[str, ...]:
        """What there is."""
        return tuple(self._files)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What pages say of this gateway: its name, local time, and the largest body in bytes."""

    gateway: str
    tz: tzinfo
    max_bytes: int


class Site:
    """Handlers of all routes."""

    def __init__(self, about: About, uploads: Uploads, gates: Gates, clock: Clock) -> None:
        self._about, self._uploads, self._gates, self._clock = about, uploads, gates, clock
        self._keepers = gates.keepers
        self._static = Static()
        self._hashing = asyncio.Semaphore(_CHECKS_AT_ONCE)

    def application(self) -> web.Application:
        """The application; forms may have 16 KiB, uploads are counted as they come."""
        app = web.Application(middlewares=self._gates.all, client_max_size=16 * 1024)
        number = "/uploads/{number:[0-9]{6}-[0-9A-F]{6}}"
        app.router.add_get("/", self._home, name="home")
        app.router.add_get("/login", self._sign_in_page, name="login", allow_head=False)
        app.router.add_post("/login", self._sign_in, name="login")
        app.router.add_post("/logout", self._sign_out, name="logout")
        app.router.add_get("/password", self._password_page, name="password", allow_head=False)
        app.router.add_post("/password", self._password, name="password")
        app.router.add_post("/uploads", self._receive, name="receive")
        app.router.add_get("/receipt", self._look_up, name="receipt")
        app.router.add_get(number, self._show, name="upload")
        app.router.add_get(f"{number}/report.json", self._report, name="report")
        app.router.add_post(f"{number}/confirm", self._confirm, name="confirm")
        app.router.add_post(f"{number}/withdraw", self._withdraw, name="withdraw")
        for name in self._static.names:
            app.add_routes([self._static.route(name)])
        return app

    def _frame(self, request: Request, refresh: int = 0) -> Frame:
        return Frame(
            gateway=self._about.gateway,
            version=self._static.version,
            path=request.rel_url.raw_path,
            tz=self._about.tz,
            session=request[STATE].session,
            refresh=refresh,
        )

    def _who(self, request: Request) -> Who:
        return Who(_session(request).user.name, peer(request, self._gates.settings))

    async def _sign_in_page(self, request: Request) -> StreamResponse:
        if request[STATE].session is not None:
            raise HTTPSeeOther("/")
        return self._sign_in_form(request)

    def _sign_in_form(self, request: Request, wrong: str = "", name: str = "", status: int = 200) -> Response:
        visitors = self._keepers.visitors
        visitor = cookie(request, VISITOR)[:64] or visitors.new()
        text = pages.sign_in(self._frame(request), visitors.csrf(visitor), wrong, name)
        response = _html(text, status)
        _set(response, VISITOR, visitor)
        return response

    async def _sign_in(self, request: Request) -> StreamResponse:
        fields = await form(request)
        see(fields.get("csrf", ""), self._keepers.visitors.csrf(cookie(request, VISITOR)[:64]))
        name, address = fields.get("user", "")[:64], peer(request, self._gates.settings)
        keys = (f"user {name.strip().casefold()}", f"address {address}")
        lockout, now = self._keepers.lockout, self._clock.monotonic()
        if (wait := lockout.wait(now, *keys)) > 0:
            _log.warning("sign-in locked", user=name, address=address)
            text = say(
                f"Too many wrong tries. Wait {wait:.0f} seconds.", f"错误次数过多，请等待 {wait:.0f} 秒。"
            )
            response = self._sign_in_form(request, text, name, HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(int(wait) + 1)
            return response
        lockout.bad(now, *keys)  # beforehand: guesses side by side are counted too
        async with self._hashing:
            user = await asyncio.to_thread(
                self._keepers.users.verify, name, fields.get("password", ""), self._clock.now()
            )
        if user is None:
            _log.warning("sign-in refused", user=name, address=address)
            text = say("Name or password is wrong.", "用户名或密码错误。")
            return self._sign_in_form(request, text, name, HTTPStatus.UNAUTHORIZED)
        lockout.good(*keys)
        _log.info("signed in", user=user.name, address=address)
        self._keepers.sessions.close(cookie(request, SESSION))
        token, _ = self._keepers.sessions.open(user, self._clock.monotonic())
        response = _to("/password" if user.one_time else "/")
        _set(response, SESSION, token)
        response.del_cookie(VISITOR, path="/", secure=True)
        return response

    async def _sign_out(self, request: Request) -> StreamResponse:
        self._keepers.sessions.close(cookie(request, SESSION))
        response = _to("/login")
        response.del_cookie(SESSION, path="/", secure=True)
        return response

    async def _password_page(self, request: Request) -> StreamResponse:
        return _html(pages.password(self._frame(request), _session(request)))

    async def _password(self, request: Request) -> StreamResponse:
        fields, session = await form(request), _session(request)
        name, now = session.user.name, self._clock.monotonic()
        lockout, key = self._keepers.lockout, f"user {session.user.name}"
        if (wait := lockout.wait(now, key)) > 0:
            raise NotNow(say("Too many wrong tries.", "错误次数过多。"), int(wait) + 1)
        lockout.bad(now, key)
        users = self._keepers.users
        async with self._hashing:
            known = await asyncio.to_thread(users.verify, name, fields.get("old", ""), self._clock.now())
            wrong = await asyncio.to_thread(self._change, name, fields) if known else _wrong_password()
        if wrong:
            return _html(pages.password(self._frame(request), session, wrong), HTTPStatus.BAD_REQUEST)
        lockout.good(key)
        _log.info("password changed", user=name, address=peer(request, self._gates.settings))
        user = users.find(name)
        if user is None:
            raise HTTPSeeOther("/login")
        token, _ = self._keepers.sessions.open(user, self._clock.monotonic())
        response = _to("/")
        _set(response, SESSION, token)
        return response

    def _change(self, name: str, fields: dict[str, str]) -> str:
        """Set the new password; returns what is wrong with it, empty for nothing."""
        new, old = fields.get("new", ""), fields.get("old", "")
        if new != fields.get("again", ""):
            return say("The two new passwords differ.", "两次输入的新密码不一致。")
        if new == old:
            return say("That is the password you have.", "新密码与当前密码相同。")
        try:
            self._keepers.users.set_password(name, new, self._clock.now(), one_time=False)
        except UserError as error:
            return str(error)
        return ""

    async def _home(self, request: Request) -> StreamResponse:
        return self._home_page(request)

    def _home_page(self, request: Request, lost: str = "", status: int = 200) -> Response:
        session = _session(request)
        whose = None if session.user.role == "supervisor" else session.user.name
        newest = self._uploads.record.newest(_RECENT, whose)
        page = pages.home(self._frame(request), session, newest, self._about.max_bytes, lost)
        return _html(page, status)

    async def _look_up(self, request: Request) -> StreamResponse:
        given = request.query.get("number", "")[:64]
        upload = await self._find(request, numbered(given))
        if upload is None:
            text = say(f"There is no upload {given!r} of yours.", f"没有您的上传 {given!r}。")
            return self._home_page(request, text, HTTPStatus.NOT_FOUND)
        raise HTTPSeeOther(f"/uploads/{upload.number}")

    async def _find(self, request: Request, number: str) -> Upload | None:
        """An upload that this person may see."""
        upload = await asyncio.to_thread(self._uploads.record.find, number)
        user = _session(request).user
        if upload is None or (user.role != "supervisor" and upload.user != user.name):
            return None
        return upload

    async def _named(self, request: Request) -> Upload:
        upload = await self._find(request, request.match_info["number"])
        if upload is None:
            raise web.HTTPNotFound
        return upload

    async def _show(self, request: Request) -> StreamResponse:
        upload = await self._named(request)
        view = await asyncio.to_thread(self._uploads.view, upload)
        busy = self._uploads.busy(upload.number)
        shown = preview.Shown(upload, view, busy=busy, progress=self._uploads.progress.get(upload.number, 0))
        frame = self._frame(request, refresh=1 if shown.waits else 0)
        return _html(preview.page(frame, shown, _session(request).csrf))

    async def _report(self, request: Request) -> StreamResponse:
        upload = await self._named(request)
        path = self._uploads.report(upload)
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(
            path,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Content-Disposition": f'attachment; filename="{upload.number}.json"',
            },
        )

    async def _confirm(self, request: Request) -> StreamResponse:
        upload = await self._named(request)
        await self._uploads.confirm(upload.number, self._who(request))
        return _to(f"/uploads/{upload.number}")

    async def _withdraw(self, request: Request) -> StreamResponse:
        upload = await self._named(request)
        await self._uploads.withdraw(upload.number, self._who(request))
        return _to(f"/uploads/{upload.number}")

    async def _receive(self, request: Request) -> StreamResponse:
        most = self._about.max_bytes
        if request.content_length is None:
            raise web.HTTPLengthRequired
        if request.content_length > most:
            raise TooMuch(say(f"larger than {most >> 20} MiB", f"超过 {most >> 20} MiB"))
        name = unquote(request.headers.get("X-File-Name", "")[:3072], errors="replace")
        upload = await self._uploads.receive(_chunks(request), name, self._who(request))
        request[STATE].pending = False
        return web.json_response({"number": upload.number}, status=HTTPStatus.CREATED)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; raises TooSlow where it comes slower than any line would bring it, or breaks off."""
    loop = asyncio.get_running_loop()
    line = request[STATE].line
    begun, came = loop.time(), 0
    while True:
        left = begun + min(_LONGEST, _GRACE + came / _SLOWEST) - loop.time()
        try:
            async with asyncio.timeout(left):
                chunk = await request.content.readany()
        except (TimeoutError, ClientError, web.RequestPayloadError, OSError):
            raise TooSlow(say("the upload came too slowly or broke off", "上传过慢或中断")) from None
        if not chunk:
            return
        came += len(chunk)
        if line is not None:
            line.extend(_GRACE + 10.0 + came / _SLOWEST)
        yield chunk


def _session(request: Request) -> Session:
    session = request[STATE].session
    if session is None:
        raise web.HTTPUnauthorized
    return session


def _wrong_password() -> str:
    return say("The password now is wrong.", "当前密码错误。")


def _html(text: str, status: int = 200) -> Response:
    return Response(text=text, status=status, content_type="text/html", charset="utf-8")


def _to(path: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, secure=True, httponly=True, samesite="Strict", path="/")
