"""The page in a real Chromium: phone and desktop, Chinese and English (gateway.upload.pages and .preview)."""

import asyncio
import json

import pytest
import pytest_asyncio

from tests.gateway.upload import toy
from tests.tools.browser import DESKTOP, PHONE, browser

SIZES = {"phone": PHONE, "desktop": DESKTOP}
LANGUAGES = {"zh": "zh-CN,zh;q=0.9", "en": "en-US,en;q=0.9"}
EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
# Each text's contrast with what lies behind it, by the formula of WCAG 2; controls that are too small to hit; fields
# without a label; what hangs over the edge.
LOOK = """(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const seen = (node) => node.getClientRects().length > 0;
  const pale = [], small = [], bare = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !seen(node) || node.matches("script,style")) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.push([node.textContent.slice(0, 40), ratio]);
  }
  for (const node of document.querySelectorAll("button, input:not([type=hidden]), header a, .foot a")) {
    if (!seen(node)) continue;
    const box = node.getBoundingClientRect();
    if (box.height < 40) small.push([node.outerHTML.slice(0, 80), box.height]);
    if (node.matches("input") && !node.labels.length) bare.push(node.outerHTML.slice(0, 80));
  }
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter(seen)
    .filter((n) => n.getBoundingClientRect().right > innerWidth + 1).map((n) => n.outerHTML.slice(0, 80)).slice(0, 5);
  return {pale, small, bare, wide, over: root.scrollWidth - innerWidth, title: document.title, lang: root.lang,
          h1: document.querySelectorAll("h1").length};
})()"""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(tmp_path_factory):
    """One Chromium for all; each tab begins without cookies."""
    async with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


async def looks_right(tab, language):
    found = await tab.run(LOOK)
    assert found["lang"].startswith(language)
    assert found["title"]
    assert found["h1"] == 1
    for name in ("pale", "small", "bare", "wide"):
        assert not found[name], (name, found[name])
    assert found["over"] <= 0


async def signed_in(tab, house):
    await tab.go(house.base + "/")
    await tab.type("#user", "li")
    await tab.type("#password", toy.PASSWORD)
    await tab.click("button.primary")
    await tab.until("!!document.querySelector('#upload')")


def route(folder, name="线路17.csv", more=b""):
    path = folder / name
    path.write_bytes(toy.dump(*range(1001, 1071), "8888") + more)
    return path


async def uploaded(tab, path, *, drop):
    await (tab.drop(".drop", path) if drop else tab.choose("#files", path))
    await tab.until("!!document.querySelector('.figures')")


async def comes_to(house, number, state):
    """Wait until an upload has come to a state."""
    async with asyncio.timeout(20):
        while house.page.uploads.record.find(number).state != state:
            await asyncio.sleep(0.02)


async def test_the_way_of_a_file(tmp_path, program):
    """Sign in, drop or choose, preview, confirm, receipt, look up; each page is measured."""
    words = {"en": ("Confirm import", "70 of 71 rows", "Imported: 70 rows", "Receipt"),
             "zh": ("确认导入", "71 行中有 70 行", "已导入 70 行", "回执")}  # fmt: skip
    async with toy.house(tmp_path) as house:
        for size, metrics in SIZES.items():
            for language, asked in LANGUAGES.items():
                confirm, ready, done, receipt = words[language]
                tab = await program.tab(metrics, asked)
                await tab.go(house.base + "/")
                await looks_right(tab, language)
                await signed_in(tab, house)
                await looks_right(tab, language)
                await uploaded(tab, route(tmp_path), drop=size == "desktop")
                text = await tab.text()
                assert confirm in text
                assert ready in text
                assert "8888" in text
                await looks_right(tab, language)
                number = (await tab.run("location.pathname")).rpartition("/")[2]
                await tab.click(".actions button.primary")
                await tab.until("!document.querySelector('.actions')")
                assert house.daemon() == [number]
                if (size, language) != ("phone", "zh"):  # which waits for the page to ask again by itself
                    await comes_to(house, number, "imported")
                    await tab.go(f"{house.base}/uploads/{number}")
                await tab.until("!!document.querySelector('.message.good')")
                text = await tab.text()
                assert done in text
                assert receipt in text
                await looks_right(tab, language)
                await tab.go(house.base + "/")
                await tab.type("#number", number.replace("-", " ").lower())
                await tab.click("form[role=search] button")
                await tab.until(f"location.pathname === '/uploads/{number}'")
                await tab.until("!!document.querySelector('.message.good')")
                assert not [url for url in tab.requests if not url.startswith((house.base, "about:"))]
                assert not tab.said
                assert not tab.dialogs


async def test_text_of_others_stays_text(tmp_path, program):
    """Scripts in meter numbers, values and the file's name are shown and never run."""
    meter = EVIL.replace('"', '""')
    rows = f'"{meter}",总,1,1,2,2024-05-01 08:30:00,R001,1,00\r\n'
    rows += '1002,总,1,1,"<svg/onload=alert(3)>",2024-05-01 08:30:00,R001,1,00\r\n'
    async with toy.house(tmp_path) as house:
        tab = await program.tab(PHONE)
        await signed_in(tab, house)
        await uploaded(tab, route(tmp_path, "<img src=x onerror=alert(4)>.csv", rows.encode()), drop=False)
        text = await tab.text()
        assert "<img src=x onerror=alert(4)>.csv" in text
        assert EVIL in text
        assert "<svg/onload=alert(3)>" in text
        assert not tab.dialogs
        assert await tab.run("document.querySelectorAll('main img, main svg, main script').length") == 0
        # On a phone each cell carries its heading, and the row of headings is for screen readers alone.
        assert await tab.run("document.querySelector('thead').getBoundingClientRect().width") <= 1
        await looks_right(tab, "en")
        # What would have happened had it been put in as markup: the policy stops even that.
        await tab.run(f"document.body.insertAdjacentHTML('beforeend', {json.dumps(EVIL)})")
        await tab.run("document.body.appendChild(document.createElement('script')).textContent = 'alert(5)'")
        assert not tab.dialogs


async def test_withdrawn_switched_and_signed_out(tmp_path, program):
    async with toy.house(tmp_path) as house:
        tab = await program.tab(DESKTOP, "en")
        await signed_in(tab, house)
        await uploaded(tab, route(tmp_path), drop=True)
        await tab.click(".actions button.danger")
        await tab.until("document.body.innerText.includes('nothing was imported')")
        await looks_right(tab, "en")
        await tab.click(".lang")
        await tab.until("document.body.innerText.includes('未导入任何数据')")
        await looks_right(tab, "zh")
        await tab.click("button.quiet")
        await tab.until("!!document.querySelector('#password')")
        await tab.go(house.base + "/")
        assert await tab.run("location.pathname") == "/login"
        assert await tab.run("document.cookie") == ""
        assert not tab.said


async def test_two_files_and_what_does_not_fit(tmp_path, program):
    async with toy.house(tmp_path, "max_bytes = 8192\n") as house:
        tab = await program.tab(PHONE, "en")
        await signed_in(tab, house)
        (tmp_path / "large.csv").write_bytes(b"x" * 9000)
        await tab.choose("#files", tmp_path / "large.csv")
        await tab.until("document.querySelector('#said').innerText.includes('Too large: large.csv')")
        assert not house.page.uploads.record.newest(1)
        await looks_right(tab, "en")
        (tmp_path / "<i>large<i>.csv").write_bytes(b"x" * 9000)
        await tab.choose("#files", tmp_path / "<i>large<i>.csv")
        await tab.until("document.querySelector('#said').innerText.includes('Too large: <i>large<i>.csv')")
        await tab.choose("#files", route(tmp_path, "a.csv"), route(tmp_path, "b.csv"))
        await tab.until("document.querySelectorAll('.list li').length === 2")
        text = await tab.text()
        assert "a.csv" in text
        assert "b.csv" in text


async def test_a_session_that_ended_meanwhile(tmp_path, program):
    async with toy.house(tmp_path) as house:
        tab = await program.tab(PHONE, "en")
        await signed_in(tab, house)
        house.hands.seconds += 3600
        await tab.choose("#files", route(tmp_path))
        await tab.until("document.querySelector('#said').innerText.includes('Sign in again')")


async def test_without_scripts(tmp_path, program):
    """Everything but the upload itself works."""
    async with toy.house(tmp_path) as house, house.signed_in() as client:
        number = await client.checked(toy.dump("1001"))
        tab = await program.tab(PHONE, "en")
        await tab.call("Emulation.setScriptExecutionDisabled", value=True)
        await tab.go(house.base + "/login")
        await tab.type("#user", "li")
        await tab.type("#password", toy.PASSWORD)
        await tab.click("button.primary")
        await tab.until(
            "!!document.querySelector('noscript') && document.body.innerText.includes('needs JavaScript')"
        )
        await tab.type("#number", number)
        await tab.click("form[role=search] button")
        await tab.until("!!document.querySelector('.actions button.primary')")
        await tab.click(".actions button.primary")
        await tab.until("document.body.innerText.includes('Handed over')")
        house.daemon()
        await tab.until("document.body.innerText.includes('Imported: 1 rows')")
