"""A reader at an upload page (simulators.uploader); the real page is asked in tests/gateway/cli."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulators.uploader import Uploader, UploadFailed


class Page(BaseHTTPRequestHandler):
    """As much of a page as a person sees: a token in each form, cookies, a report that takes a while."""

    asked: list
    checks = 0

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.endswith("report.json"):
            type(self).checks += 1
            ready = type(self).checks > 1
            self.say(200 if ready else 404, json.dumps({"ok": True, "rows": 3}))
        else:
            self.say(
                200, f'<input type="hidden" name="csrf" value="t-{self.path}">', cookie=f"c{self.path[1:]}=1"
            )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, body, dict(self.headers)))
        if self.path == "/uploads":
            self.say(201, '{"number": "261123-AAAAAA"}')
        elif b"password=wrong" in body:
            self.say(401, '<p class="message bad" role="alert">Name or password is wrong.</p>')
        else:
            self.say(303, "", where="/password" if b"password=once" in body else "/")

    def say(self, status, text, cookie="", where=""):
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; Secure; HttpOnly; Path=/")
        if where:
            self.send_header("Location", where)
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def page():
    served = type("Served", (Page,), {"asked": [], "checks": 0})
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield served, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_it_signs_in_sends_and_confirms(page):
    served, url = page
    reader = Uploader(url)
    reader.sign_in("zhang", "right")
    number = reader.send("抄表 17.csv", b"\x00\xff")
    assert reader.report(number) == {"ok": True, "rows": 3}
    reader.confirm(number)
    paths = [path for path, _, _ in served.asked]
    assert paths == ["/login", "/uploads", f"/uploads/{number}/confirm"]
    _, body, headers = served.asked[1]
    assert body == b"\x00\xff"
    assert headers["X-CSRF"] == "t-/"
    assert headers["X-File-Name"] == "%E6%8A%84%E8%A1%A8%2017.csv"
    assert "clogin=1" in headers["Cookie"]


def test_a_one_time_password_needs_a_new_one(page):
    served, url = page
    with pytest.raises(UploadFailed, match="one-time"):
        Uploader(url).sign_in("zhang", "once")
    Uploader(url).sign_in("zhang", "once", "a better one")
    assert b"new=a+better+one&again=a+better+one" in served.asked[-1][1]


def test_what_the_page_says_is_told(page):
    with pytest.raises(UploadFailed, match=r"401 Name or password is wrong\."):
        Uploader(page[1]).sign_in("zhang", "wrong")


def test_a_page_that_is_not_there():
    with pytest.raises(UploadFailed, match="refused"):
        Uploader("http://127.0.0.1:9").sign_in("a", "b")


def test_an_address_that_is_none():
    with pytest.raises(ValueError, match="http://host:port"):
        Uploader("ftp://x")
