"""A hand-held reader that uploads by HTTP: signs in at the upload page, sends a file as it is, and confirms it."""

import json
import re
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

__all__ = ["UploadFailed", "Uploader"]

_FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_OK, _CREATED, _SEE_OTHER = 200, 201, 303
_TICK = 0.2


class UploadFailed(Exception):
    """The page did not take it; the text is what it said."""


class Uploader:
    """One person at one page. Blocking; a request waits `timeout` seconds at most."""

    def __init__(self, url: str, ca_file: Path | None = None, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url}: expected http://host:port or https://host:port")
        self._host, self._port = parts.hostname, parts.port
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._timeout = timeout
        self._cookies: dict[str, str] = {}
        self._token = ""

    def sign_in(self, user: str, password: str, new: str = "") -> None:
        """Sign in; `new` is set where the page asks for a password of one's own. Raises UploadFailed."""
        token = self._found(self._text("GET", "/login"))
        where = self._form("/login", {"csrf": token, "user": user, "password": password})
        if where == "/password":
            if not new:
                raise UploadFailed("the password is a one-time one: give a new one")
            token = self._found(self._text("GET", "/password"))
            self._form("/password", {"csrf": token, "old": password, "new": new, "again": new})
        self._token = self._found(self._text("GET", "/"))

    def send(self, name: str, body: bytes) -> str:
        """Upload one file; returns its number. Raises UploadFailed."""
        headers = {
            "Content-Type": "application/octet-stream",
            "X-CSRF": self._token,
            "X-File-Name": quote(name),
        }
        status, _, text = self._ask("POST", "/uploads", body, headers)
        if status != _CREATED:
            raise UploadFailed(f"{status}: {text[:300]}")
        return str(json.loads(text)["number"])

    def report(self, number: str, patience: float = 120.0) -> dict[str, Any]:
        """The report of the check, waited for. Raises UploadFailed."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            status, _, text = self._ask("GET", f"/uploads/{number}/report.json")
            if status == _OK:
                found: dict[str, Any] = json.loads(text)
                return found
            time.sleep(_TICK)
        raise UploadFailed(f"{number}: not checked after {patience:.0f} s")

    def confirm(self, number: str) -> None:
        """Have it imported. Raises UploadFailed."""
        self._form(f"/uploads/{number}/confirm", {"csrf": self._token})

    def withdraw(self, number: str) -> None:
        """Give it up. Raises UploadFailed."""
        self._form(f"/uploads/{number}/withdraw", {"csrf": self._token})

    def _form(self, path: str, fields: dict[str, str]) -> str:
        """Send a form; returns where the page leads."""
        status, where, text = self._ask("POST", path, urlencode(fields).encode(), {"Content-Type": _FORM})
        if status != _SEE_OTHER:
            said = re.findall(r'class="message bad"[^>]*>([^<]+)', text)
            raise UploadFailed(f"{path}: {status} {said[0].strip() if said else text[:200]}")
        return where

    def _text(self, method: str, path: str) -> str:
        status, _, text = self._ask(method, path)
        if status != _OK:
            raise UploadFailed(f"{path}: {status}")
        return text

    def _found(self, page: str) -> str:
        token = _TOKEN.search(page)
        if token is None:
            raise UploadFailed("this is no upload page")
        return token[1]

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Status, Location and body of one request on a connection of its own."""
        link = (
            HTTPConnection(self._host, self._port, timeout=self._timeout)
            if self._tls is None
            else HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._tls)
        )
        sent = dict(headers or {})
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        try:
            link.request(method, path, body, sent)
            answer = link.getresponse()
            self._keep(answer)
            return answer.status, answer.headers.get("Location", ""), answer.read().decode("utf-8", "replace")
        except (HTTPException, OSError) as error:
            raise UploadFailed(f"{method} {path}: {error}") from None
        finally:
            link.close()

    def _keep(self, answer: HTTPResponse) -> None:
        """Cookies as they come, wherever they say they belong: there is one page."""
        for line in answer.headers.get_all("Set-Cookie") or []:
            try:
                morsels = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in morsels.items():
                if morsel.value:
                    self._cookies[name] = morsel.value
                else:
                    self._cookies.pop(name, None)
