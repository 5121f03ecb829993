"""Signing in, uploading, previewing, confirming, withdrawing, looking up (gateway.upload.handlers)."""

import json

import pytest

from gateway.upload import handlers
from gateway.upload.handlers import Static
from tests.gateway.upload.toy import PASSWORD, dump, house, refusing


async def test_a_file_is_previewed_confirmed_and_looked_up(house):
    async with house.signed_in() as client:
        number = await client.checked(dump("1001", "1002", "9999"), "线路17.csv")
        said = await client.shown(number)
        assert "线路17.csv" in said
        assert "9999" in said
        assert "Unknown meters" in said
        assert "2 of 3 rows can be imported" in said
        answer = await client.post(f"/uploads/{number}/confirm")
        assert (answer.status, answer.headers["Location"]) == (303, f"/uploads/{number}")
        assert "Handed over" in (await client.get(f"/uploads/{number}")).said
        assert house.daemon() == [number]
        said = await client.shown(number)
        assert "Receipt" in said
        assert "Imported: 2 rows" in said
        found = await client.get(f"/receipt?number={number.lower().replace('-', '')}")
        assert (found.status, found.headers["Location"]) == (303, f"/uploads/{number}")
        report = json.loads((await client.get(f"/uploads/{number}/report.json")).said)
        assert report["unknown"] == ["9999"]
    events = [one["event"] for one in house.page.uploads.record.events(house.places.record)]
    assert events == ["received", "checked", "confirmed", "imported"]


async def test_a_withdrawn_file_is_gone_and_stays_in_the_record(house):
    async with house.signed_in() as client:
        number = await client.checked(dump("1001"))
        held = house.spool.dump(number)
        assert held.exists()
        assert (await client.post(f"/uploads/{number}/withdraw")).status == 303
        assert "nothing was imported" in (await client.shown(number))
        assert not held.exists()
        assert (await client.post(f"/uploads/{number}/confirm")).status == 400
    (upload,) = house.page.uploads.record.newest(9)
    assert (upload.state, upload.user, upload.address) == ("withdrawn", "li", "127.0.0.1")
    assert len(upload.sha256) == 64


async def test_the_import_may_refuse_after_all(house):
    async with house.signed_in() as client:
        number = await client.checked(dump("1001"))
        await client.post(f"/uploads/{number}/confirm")
        house.daemon(taken=False)
        said = await client.shown(number)
        assert "the outbox is full" in said
        assert "refused" in said


async def test_what_cannot_be_imported_cannot_be_confirmed(house):
    async with house.signed_in() as client:
        number = await client.checked(b"\x00\x01\x02 no dump at all")
        said = await client.shown(number)
        assert "Nothing of this file can be imported" in said
        assert "/confirm" not in said
        assert (await client.post(f"/uploads/{number}/confirm")).status == 400
        assert house.spool.waiting() == []


async def test_bad_rows_are_shown_with_line_byte_and_reason(house):
    async with house.signed_in() as client:
        body = dump("1001", "1002") + "1003,总,1,1,abc,2024-05-01 08:30:00,R001,1,00\r\n".encode()
        said = await client.shown(await client.checked(body))
        assert "Quarantined rows" in said
        assert '<td data-head="line"><span>4</span></td>' in said
        assert f'<td data-head="byte"><span>{body.index(b"1003")}</span></td>' in said
        assert "not a number" in said
        assert "abc" in said


async def test_a_broken_checker_is_told_and_stops_nobody(tmp_path):
    def broken(path, progress):
        raise KeyError(path)

    async with house(tmp_path, checker=broken) as place, place.signed_in() as client:
        said = await client.shown(await client.checked(b"x"))
        assert "the check itself failed" in said
        said = await client.shown(await client.checked(b"y"))
        assert "the check itself failed" in said


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "上传抄表数据", 'lang="zh-CN"'),
        ("de,en;q=0.7,zh;q=0.3", "Upload meter readings", 'lang="en"'),
        ("de", "Upload meter readings", 'lang="en"'),
        ("en;q=nan, zh;q=x", "Upload meter readings", 'lang="en"'),
    ],
)
async def test_language_by_the_browser(house, language, title, said):
    async with house.client(**{"Accept-Language": language}) as client:
        page = (await client.get("/login")).said
        assert title in page
        assert f"<html {said}" in page


async def test_language_by_the_switch(house):
    async with house.client(**{"Accept-Language": "en"}) as client:
        answer = await client.get("/login?lang=zh")
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
        assert "上传抄表数据" in (await client.get("/login")).said
        assert (await client.get("//evil.example/?lang=zh")).status == 404


async def test_a_one_time_password_must_be_changed_first(house):
    from tests.gateway.upload.toy import NOW

    house.page.keepers.users.add("new", "one-time-pass", NOW)
    async with house.client() as client:
        answer = await client.sign_in("new", "one-time-pass")
        assert answer.headers["Location"] == "/password"
        assert (await client.get("/")).headers["Location"] == "/password"
        assert (await client.upload(b"x")).status == 403
        wrong = {"old": "nonsense", "new": PASSWORD, "again": PASSWORD}
        assert "now is wrong" in (await client.post("/password", wrong)).said
        short = {"old": "one-time-pass", "new": "short", "again": "short"}
        assert "10 to 256" in (await client.post("/password", short)).said
        other = {"old": "one-time-pass", "new": PASSWORD, "again": PASSWORD + "!"}
        assert "differ" in (await client.post("/password", other)).said
        same = {"old": "one-time-pass", "new": "one-time-pass", "again": "one-time-pass"}
        assert "you have" in (await client.post("/password", same)).said
        good = {"old": "one-time-pass", "new": PASSWORD, "again": PASSWORD}
        assert (await client.post("/password", good)).headers["Location"] == "/"
        assert (await client.get("/")).status == 200


async def test_a_one_time_password_expires(house):
    from tests.gateway.upload.toy import NOW

    house.page.keepers.users.add("new", "one-time-pass", NOW)
    house.hands.seconds = 15 * 24 * 3600.0
    async with house.client() as client:
        assert (await client.sign_in("new", "one-time-pass")).status == 401


async def test_uploads_of_others_are_not_there(house):
    async with house.signed_in("li") as li, house.signed_in("wang") as wang, house.signed_in("chen") as chief:
        number = await li.checked(dump("1001"))
        for path in (f"/uploads/{number}", f"/uploads/{number}/report.json"):
            assert (await wang.get(path)).status == 404
            assert (await chief.get(path)).status == 200
        assert (await wang.get(f"/receipt?number={number}")).status == 404
        assert (await wang.post(f"/uploads/{number}/confirm")).status == 404
        assert number not in (await wang.get("/")).said
        assert number in (await chief.get("/")).said


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"x" * 2049, {}, 413),
        (b"x", {"X-CSRF": "wrong"}, 403),
        (b"x", {"X-CSRF": "\xe9"}, 403),
        (b"x", {"Content-Encoding": "gzip"}, 415),
    ],
)
async def test_bodies_that_are_not_taken(tmp_path, body, headers, status):
    async with house(tmp_path, "max_bytes = 2048\n") as place, place.signed_in() as client:
        answer = await client.upload(body, **headers)
        assert answer.status == status, answer.said
        assert answer.said.strip()
        assert not place.page.uploads.record.newest(1)
        assert not list((place.places.state / "dumps").glob("*/*"))


async def test_a_body_without_a_length(house):
    async def body():
        yield b"x"

    async with house.signed_in() as client:
        assert (await client.upload(body())).status == 411


async def test_too_many_that_wait(tmp_path):
    async with house(tmp_path, checker=refusing("header")) as place, place.signed_in() as client:
        for _ in range(8):
            assert (await client.upload(b"x")).status == 201
        answer = await client.upload(b"x")
        assert answer.status == 503
        assert answer.headers["Retry-After"]


NAMES = [
    "../../etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "C:\\x.csv", "a\x00b.csv", "a\r\nSet-Cookie: x=1",
    "%2e%2e%2fetc", "....//x", "\u202egnp.csv", "x" * 300, "x" * 5000, "<img src=x onerror=alert(1)>.csv",
    '"><script>alert(1)</script>', "'; DROP TABLE x;--", "=cmd|' /C calc'!A0", "\x1b[31mred", "-rf", "~root",
    "$(reboot)", "`id`", "a|b", "a;b", "con", "nul.csv", ".", "..", "...", "", " ", "\t", "\ufeff.csv", "\ud800",
    "a/b/c.csv", "file://x", "http://x/y", "\xc0\xae\xc0\xae/x", "é" * 100, "表" * 200, "🔌.csv", "\u2028x\u2029y",
]  # fmt: skip


async def test_hostile_names_are_shown_and_become_no_path(tmp_path, capfd):
    from urllib.parse import quote

    async with house(tmp_path, checker=refusing("header")) as place, place.signed_in() as client:
        assert len(NAMES) == 40
        before = {path for path in tmp_path.rglob("*") if "state" not in path.parts}
        for name in NAMES:
            number = await client.checked(b"x", quote(name, errors="surrogatepass"))
            said = await client.shown(number)
            assert "<script>alert" not in said
            assert "<img src=x" not in said
            assert not any(char in said for char in "\x00\x1b\u202e\u2028\r")
            (upload,) = place.page.uploads.record.newest(1)
            assert upload.name.isprintable()
            assert len(upload.name) <= 120
            await client.post(f"/uploads/{number}/withdraw")
        assert {path for path in tmp_path.rglob("*") if "state" not in path.parts} == before
        strange = [
            path.name
            for path in place.places.state.rglob("*")
            if not path.name.removesuffix(".json").replace(".", "").replace("-", "").isalnum()
        ]
        assert not strange
    assert not any(line and not line.isprintable() for line in capfd.readouterr().err.splitlines())


def test_the_script_makes_no_markup_of_text():
    from importlib import resources

    script = resources.files("gateway.upload").joinpath("static/page.js").read_text("utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "://"):
        assert word not in script


def test_static_files_are_these_and_no_others():
    assert set(Static().names) == {"page.css", "page.js", "icon.svg"}
    assert Static().version == Static().version


async def test_a_file_is_named_in_the_page_by_its_hash(house):
    async with house.client() as client:
        page = (await client.get("/login")).said
        assert f"/static/page.js?{Static().version}" in page
        answer = await client.get("/static/page.js")
        assert "immutable" in answer.headers["Cache-Control"]


async def test_a_body_that_comes_too_slowly(tmp_path, monkeypatch):
    import asyncio

    monkeypatch.setattr(handlers, "_GRACE", 0.3)
    async with house(tmp_path) as place, place.signed_in() as client:

        async def drip():
            yield b"x"
            await asyncio.sleep(5)
            yield b"y"

        given = {"Content-Length": "2"}
        answer = await client.upload(drip(), **given)
        assert answer.status == 408
        assert not list((place.places.state / "dumps").glob("*/*"))
