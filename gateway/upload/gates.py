"""What every request passes before a page looks at it: the right host, a session, a form token, a language."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from aiohttp import web

from config.text import language, say, speaking
from gateway import logs
from gateway.clock import Clock
from gateway.upload.errors import NotNow, Refused
from gateway.upload.listener import IDLE, Line
from gateway.upload.lockout import Lockout
from gateway.upload.sessions import Session, Sessions, Visitors
from gateway.upload.users import Users

__all__ = ["STATE", "Gates", "Handler", "Keepers", "Settings", "closed", "cookie", "form", "peer", "see"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION, VISITOR, LANGUAGE = "__Host-meterd", "__Host-meterd-visitor", "__Host-meterd-lang"
_PUBLIC = ("login", "static-page.css", "static-page.js", "static-icon.svg")
_CHANGING = frozenset({"POST"})
_REQUEST = 30.0
"""Seconds for a request whose body is small, and its answer."""
_YEAR = 365 * 24 * 3600
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Server": "meterd",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_FORM = "application/x-www-form-urlencoded"
_log = logs.get("upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the gates go by. `hosts` in lower case without port; `forwarded`: a proxy of this machine stands before."""

    hosts: frozenset[str]
    tls: bool
    forwarded: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepers:
    """Who may sign in and who has."""

    users: Users
    sessions: Sessions
    lockout: Lockout
    visitors: Visitors


@dataclass(slots=True)
class State:
    """What gates and handlers know of one request: its connection, whose it is, whether a body may still come."""

    line: Line | None = None
    session: Session | None = None
    pending: bool = False
    fields: dict[str, str] | None = None


STATE = web.RequestKey("state", State)


class Gates:
    """The middlewares, outermost first, in `all`."""

    def __init__(
        self, settings: Settings, keepers: Keepers, clock: Clock, line: Callable[[object], Line | None]
    ) -> None:
        self.settings, self.keepers, self._clock, self._line = settings, keepers, clock, line
        self.all = (self._outer, self._inner)

    @web.middleware
    async def _outer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Deadline, form of the request, language, answers to mistakes, headers."""
        line = self._line(request.protocol)
        if line is not None:
            line.extend(_REQUEST)
        request[STATE] = State(line, pending=bool(request.can_read_body))
        chosen = _language(request, self.settings.language)
        with speaking(chosen):
            response = await self._answer(request, handler)
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Vary"] = "Accept-Language, Cookie"
        if self.settings.tls:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        if line is not None:
            line.extend(_REQUEST if request[STATE].pending else IDLE)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._well_formed(request)
            if (switched := _switch(request)) is not None:
                return switched
            return await handler(request)
        except web.HTTPException as error:
            return _plain(
                error.status, error.reason, {k: v for k, v in error.headers.items() if k in _PASSED}
            )
        except NotNow as error:
            return _plain(error.status, str(error), {"Retry-After": str(error.seconds)})
        except Refused as error:
            return _plain(error.status, str(error), {})

    def _well_formed(self, request: web.Request) -> None:
        host = request.headers.getall("Host", [])
        if len(host) != 1 or not request.raw_path.startswith("/"):
            raise web.HTTPBadRequest
        if _bare(host[0]) not in self.settings.hosts:
            raise web.HTTPMisdirectedRequest
        if "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType

    @web.middleware
    async def _inner(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Session and form token; an own password before anything else."""
        name = request.match_info.route.name
        if request.match_info.http_exception is not None:
            return await handler(request)
        now = self._clock.monotonic()
        session = self.keepers.sessions.find(cookie(request, SESSION), now)
        request[STATE].session = session
        if request.method in _CHANGING:
            self._same_origin(request)
        if name in _PUBLIC:
            return await handler(request)
        if session is None:
            if request.method in _CHANGING and name == "receive":
                raise web.HTTPUnauthorized
            raise web.HTTPSeeOther("/login")
        if request.method in _CHANGING:
            await self._token(request, session)
        if session.user.one_time and name not in ("password", "logout"):
            if name == "receive":
                raise web.HTTPForbidden
            raise web.HTTPSeeOther("/password")
        return await handler(request)

    def _same_origin(self, request: web.Request) -> None:
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
        scheme, _, host = (origin or "").partition("://")
        ours = origin is None or (scheme in ("http", "https") and host == request.headers["Host"])
        if not ours or site not in ("same-origin", "none"):
            _log.warning(
                "request from another site", origin=str(origin)[:200], address=peer(request, self.settings)
            )
            raise web.HTTPForbidden

    async def _token(self, request: web.Request, session: Session) -> None:
        given = request.headers.get("X-CSRF")
        if given is None:
            given = (await form(request)).get("csrf", "")
        see(given, session.csrf)


def see(given: str, expected: str) -> None:
    """Raise HTTPForbidden unless a form token is the right one."""
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise web.HTTPForbidden


async def form(request: web.Request) -> dict[str, str]:
    """The fields of a small form; the last one of a name counts. Raises HTTPException for anything else."""
    state = request[STATE]
    if state.fields is None:
        if request.content_type != _FORM:
            raise web.HTTPUnsupportedMediaType
        try:
            text = (await request.read()).decode()
            state.fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=16))
        except ValueError:
            raise web.HTTPBadRequest from None
        state.pending = False
    return state.fields


def cookie(request: web.Request, name: str) -> str:
    """A cookie's value, empty where there is none."""
    return request.cookies.get(name, "")


def peer(request: web.Request, settings: Settings) -> str:
    """The client's address: the connection's, or what the proxy of this machine noted last."""
    if settings.forwarded:
        last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if last:
            return last[:64]
    return request.remote or ""


def _bare(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() and not host.endswith("]") else host).lower().rstrip(".")


def closed(status: int) -> web.Response:
    """The answer to what is no request, or to a fault of our own: it repeats nothing that came, and closes."""
    response = _plain(status, _reason(status), dict(_HEADERS))
    response.force_close()
    return response


_PASSED = frozenset({"Location", "Allow", "Retry-After"})
_TEXTS: dict[int, tuple[str, str]] = {
    400: ("The request is malformed.", "请求格式错误。"),
    401: ("Sign in first.", "请先登录。"),
    403: ("Refused. Go back, reload the page and try again.", "已拒绝。请返回、刷新页面后重试。"),
    404: ("There is no such page.", "没有这个页面。"),
    405: ("This is not how the page is used.", "不支持的请求方式。"),
    408: ("Too slow.", "传输过慢。"),
    411: ("The length is missing.", "缺少长度。"),
    413: ("Too large.", "内容过大。"),
    415: ("This kind of content is not taken.", "不接受此类内容。"),
    421: ("This address is not served here.", "此处不提供该地址的服务。"),
}


def _plain(status: int, reason: str, headers: dict[str, str]) -> web.Response:
    """A short answer in plain text; a closed connection where a body may still come."""
    text = say(*_TEXTS[status]) if status in _TEXTS and reason in ("", _reason(status)) else reason
    response = web.Response(status=status, text=f"{text}\n", headers=headers)
    if status in (400, 408, 411, 413, 415, 421):
        response.force_close()
    return response


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


def _language(request: web.Request, configured: str | None) -> str:
    """The one chosen on the page, the browser's first that we speak, the gateway's, the machine's."""
    chosen = cookie(request, LANGUAGE)
    if chosen in ("en", "zh"):
        return chosen
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "").split(",")[:16]:
        tag, _, weight = part.strip().partition(";q=")
        code = tag[:2].lower()
        if code in ("en", "zh"):
            wanted.append((_weight(weight), code))
    best = max(wanted, key=lambda pair: pair[0], default=None)
    return best[1] if best else configured or language()


def _weight(text: str) -> float:
    try:
        return float(text[:5]) if text else 1.0
    except ValueError:
        return 0.0


def _switch(request: web.Request) -> web.Response | None:
    """`?lang=zh` on any page: remembered by a cookie."""
    wanted = request.query.get("lang")
    if request.method != "GET" or wanted not in ("en", "zh") or request.match_info.http_exception is not None:
        return None
    response = web.Response(status=303, headers={"Location": request.rel_url.raw_path})
    response.set_cookie(
        LANGUAGE, wanted, max_age=_YEAR, secure=True, httponly=True, samesite="Strict", path="/"
    )
    return response
