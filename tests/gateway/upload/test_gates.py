"""Every route and what stands before it (gateway.upload.gates)."""

import asyncio
import re

import pytest

from gateway.upload.gates import LANGUAGE, SESSION, VISITOR
from tests.gateway.upload.toy import PASSWORD, dump, house

PUBLIC = {"/login", "/static/page.css", "/static/page.js", "/static/icon.svg"}
NUMBER = "240502-3F9A0C"


def routes(place):
    """Every (method, path) of the table; a path with a number gets one."""
    found = set()
    for route in place.page.runner.app.router.routes():
        path = route.resource.canonical.replace("{number}", NUMBER)
        found.add((route.method, path))
    return found


async def test_the_table_is_this(house):
    assert routes(house) == {
        *((method, path) for path in PUBLIC - {"/login"} for method in ("GET", "HEAD")),
        ("GET", "/login"), ("POST", "/login"), ("POST", "/logout"), ("GET", "/password"), ("POST", "/password"),
        ("GET", "/"), ("HEAD", "/"), ("POST", "/uploads"), ("GET", "/receipt"), ("HEAD", "/receipt"),
        ("GET", f"/uploads/{NUMBER}"), ("HEAD", f"/uploads/{NUMBER}"),
        ("GET", f"/uploads/{NUMBER}/report.json"), ("HEAD", f"/uploads/{NUMBER}/report.json"),
        ("POST", f"/uploads/{NUMBER}/confirm"), ("POST", f"/uploads/{NUMBER}/withdraw"),
    }  # fmt: skip


async def test_only_the_public_routes_answer_strangers(house):
    async with house.client() as client:
        for method, path in sorted(routes(house)):
            answer = await client.ask(method, path)
            if path in PUBLIC and method != "POST":
                assert answer.status == 200, path
            elif path == "/login":
                assert answer.status in (403, 415)
            elif path == "/uploads":
                assert answer.status == 401
            else:
                assert (answer.status, answer.headers["Location"]) == (303, "/login"), path
            if path not in PUBLIC:
                assert not re.search(r"\bli\b|chen", answer.said)


async def test_wrong_methods(house):
    async with house.signed_in() as client:
        known = routes(house)
        for path in sorted({path for _, path in known}):
            for method in (
                "GET",
                "POST",
                "PUT",
                "DELETE",
                "PATCH",
                "OPTIONS",
                "TRACE",
                "PROPFIND",
                "CONNECT",
            ):
                if (method, path) in known or method == "CONNECT":
                    continue
                answer = await client.ask(method, path, headers={"X-CSRF": client.csrf})
                assert answer.status == 405, (method, path)
                assert answer.headers["Allow"]


ODD_PATHS = [
    "/uploads/../login", "//login", "/login/", "/LOGIN", "/./", "/%2e%2e/", "/uploads/%2e%2e/%2e%2e/etc/passwd",
    "/static/", "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/page.css/",
    "/static/page.css%00", "/static/.page.css.swp", "/static//etc/passwd", "/static/%2fetc%2fpasswd",
    "/static/__init__.py",
    "/uploads/240502-3F9A0C%2f..%2f..", "/uploads/240502-3f9a0c", "/uploads/240502-3F9A0C/", "/uploads/*",
    "/uploads/240502-3F9A0C/../240502-3F9A0C/report.json", "/uploads/\u0662\u0664\u0660\u0665\u0660\u0662-3F9A0C",
    "/;/login", "/login;x=1", "/login%20", "/%6cogin%2f", "/\\..\\", "/users.json", "/record.jsonl", "/.git/config",
]  # fmt: skip


async def test_odd_paths(house):
    from yarl import URL

    async with house.client() as stranger, house.signed_in() as client:
        for one in (stranger, client):
            for path in ODD_PATHS:
                async with one.session.get(
                    URL(house.base + path, encoded=path.isascii()), allow_redirects=False
                ) as answer:
                    text = await answer.text()
                assert answer.status in (303, 404, 400), path
                assert answer.headers.get("Location", "/login") == "/login", path
                assert "scrypt" not in text
                assert "aiohttp" not in text


async def test_headers_of_every_answer(house):
    async with house.signed_in() as client:
        for path in ("/", "/login", "/static/page.js", "/none"):
            answer = await client.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Strict-Transport-Security"]
            assert answer.headers["Server"] == "meterd"
            if path != "/static/page.js":
                assert answer.headers["Cache-Control"] == "no-store"


async def test_cookies_are_closed(house):
    async with house.client() as client:
        answer = await client.get("/login?lang=en")
        lines = answer.headers.getall("Set-Cookie")
        await client.token("/login")
        answer = await client.sign_in()
        lines += answer.headers.getall("Set-Cookie")
        assert {line.partition("=")[0] for line in lines} >= {SESSION, VISITOR, LANGUAGE}
        for line in lines:
            if "Max-Age=0" not in line:
                assert all(word in line for word in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/")), line
                assert "Domain" not in line


@pytest.mark.parametrize(
    "path", ["/logout", "/password", f"/uploads/{NUMBER}/confirm", f"/uploads/{NUMBER}/withdraw"]
)
@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\u00e9"])
async def test_without_the_forms_token_nothing_happens(house, path, token):
    async with house.signed_in() as client:
        client.csrf = token
        assert (await client.post(path)).status == 403
        assert (await client.get("/")).status == 200


async def test_a_token_of_another_session_is_no_token(house):
    async with house.signed_in("li") as li, house.signed_in("wang") as wang:
        li.csrf = wang.csrf
        assert (await li.post("/logout")).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_requests_from_other_sites(house, headers):
    async with house.signed_in() as client:
        assert (await client.post("/logout", headers=headers)).status == 403
        own = {"Origin": house.base, "Sec-Fetch-Site": "same-origin"}
        assert (await client.post("/logout", headers=own)).status == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "", "[::2]", "localhost@evil.example"]
)
async def test_other_hosts(house, host):
    async with house.client() as client:
        assert (await client.get("/login", headers={"Host": host})).status in (400, 421)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:5", "so-001.example", "so-001.example."]
)
async def test_own_hosts(tmp_path, host):
    async with house(tmp_path, 'hosts = ["SO-001.example"]\n') as place, place.client() as client:
        assert (await client.get("/login", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "tamper",
    [
        lambda v: v[:-1],
        lambda v: v + "A",
        lambda v: v.swapcase(),
        lambda _v: "",
        lambda _v: "x" * 4000,
        lambda _v: "\u00e9",
    ],
)
async def test_a_changed_cookie_is_no_session(house, tamper):
    async with house.signed_in() as client:
        cookies = {one.key: one.value for one in client.session.cookie_jar}
        value = tamper(cookies[SESSION])
        async with house.client() as other:
            answer = await other.get("/", headers={"Cookie": f"{SESSION}={value}"})
            assert (answer.status, answer.headers["Location"]) == (303, "/login")
            good = await other.get("/", headers={"Cookie": f"{SESSION}={cookies[SESSION]}"})
            assert good.status == 200


async def test_ten_wrong_passwords_lock_name_and_address(tmp_path):
    async with house(tmp_path, "forwarded = true\n") as place:

        def at(address):
            return place.client(**{"X-Forwarded-For": f"203.0.113.9, {address}"})

        async with at("192.0.2.1") as client, at("192.0.2.2") as other, at("192.0.2.1") as colleague:
            for _ in range(10):
                assert (await client.sign_in("li", "wrong password")).status == 401
            locked = await client.sign_in("li", PASSWORD)
            assert locked.status == 429
            assert int(locked.headers["Retry-After"]) <= 61
            assert (await colleague.sign_in("wang", PASSWORD)).status == 429
            assert (await other.sign_in("li", PASSWORD)).status == 429
            assert (await other.sign_in("wang", PASSWORD)).status == 303
            place.hands.seconds += 61
            assert (await client.sign_in("li", PASSWORD)).status == 303


async def test_guesses_side_by_side_are_counted_too(house):
    async with house.client() as client:
        await client.token("/login")
        fields = {"user": "li", "password": "wrong password"}
        answers = await asyncio.gather(*(client.post("/login", fields) for _ in range(20)))
        statuses = [answer.status for answer in answers]
        assert (statuses.count(401), statuses.count(429)) == (10, 10)


async def test_a_strangers_form_needs_its_own_token(house):
    async with house.client() as one, house.client() as other:
        await one.token("/login")
        await other.token("/login")
        one.csrf = other.csrf
        assert (await one.post("/login", {"user": "li", "password": PASSWORD})).status == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"user": "li"}', "application/json", 415),
        (b"[" * 100_000, "application/json", 415),
        (
            b'--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nli\r\n--x--',
            "multipart/form-data; boundary=x",
            415,
        ),
        (b"user=li&" * 3000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded", 400),
        (b"user=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"csrf=%ED%A0%80&user=%00", "application/x-www-form-urlencoded", 403),
    ],
)
async def test_bodies_of_forms(house, body, kind, status):
    async with house.client() as client:
        await client.token("/login")
        answer = await client.ask("POST", "/login", data=body, headers={"Content-Type": kind})
        assert answer.status == status


async def test_a_session_ends_by_itself(house):
    async with house.signed_in() as client:
        house.hands.seconds += 1799
        assert (await client.get("/")).status == 200
        house.hands.seconds += 1801
        assert (await client.get("/")).headers["Location"] == "/login"


async def test_signing_out_ends_the_session_for_good(house):
    async with house.signed_in() as client:
        cookie = {one.key: one.value for one in client.session.cookie_jar}[SESSION]
        assert (await client.post("/logout")).headers["Location"] == "/login"
        async with house.client() as other:
            assert (await other.get("/", headers={"Cookie": f"{SESSION}={cookie}"})).status == 303


async def test_every_sign_in_gets_a_new_session(house):
    async with house.signed_in() as client:
        before = {one.key: one.value for one in client.session.cookie_jar}[SESSION]
        house.page.keepers.sessions.close(before)
        await client.sign_in()
        assert {one.key: one.value for one in client.session.cookie_jar}[SESSION] != before


async def test_where_an_upload_came_from(tmp_path):
    async with house(tmp_path, "forwarded = true\n") as place:
        async with place.signed_in(**{"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}) as client:
            await client.checked(dump("1001"))
        assert place.page.uploads.record.newest(1)[0].address == "192.0.2.7"


async def test_a_claimed_address_counts_for_nothing_without_a_proxy(house):
    async with house.signed_in(**{"X-Forwarded-For": "192.0.2.7"}) as client:
        await client.checked(dump("1001"))
    assert house.page.uploads.record.newest(1)[0].address == "127.0.0.1"
