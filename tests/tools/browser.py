"""A real headless Chromium, driven through its DevTools protocol."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

__all__ = ["DESKTOP", "PHONE", "Browser", "Tab", "browser"]

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-default-apps", "--metrics-recording-only", "--mute-audio", "--hide-scrollbars",
    "--ignore-certificate-errors", "--remote-debugging-port=0", "--password-store=basic", "--no-proxy-server",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
)  # fmt: skip


class Browser:
    """The running program; tabs with cookies of their own."""

    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting = {}
        self.tabs = {}

    async def listen(self):
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                if (future := self._waiting.pop(told["id"], None)) and not future.done():
                    future.set_result(told)
            elif (tab := self.tabs.get(told.get("sessionId"))) is not None:
                tab.hear(told["method"], told["params"])

    async def call(self, method, session=None, **params):
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_json(message | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(30):
            answer = await future
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    async def tab(self, metrics, languages="en"):
        """A tab of this size, with an empty set of cookies, that asks for these languages."""
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        made = await self.call("Target.createTarget", url="about:blank", browserContextId=context)
        found = await self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        tab = self.tabs[found["sessionId"]] = Tab(self, found["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            await tab.call(f"{domain}.enable")
        await tab.call("Emulation.setDeviceMetricsOverride", **metrics)
        await tab.call("Emulation.setTouchEmulationEnabled", enabled=metrics["mobile"])
        agent = (await self.call("Browser.getVersion"))["userAgent"].replace("Headless", "")
        await tab.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)
        return tab


class Tab:
    """One page: what it asked for, what its console said, and hands to use it."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session
        self.requests, self.said, self.dialogs = [], [], []
        self._loads = asyncio.Event()

    def hear(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loads.set()
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(params["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.said.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.said.append(str(params["args"]))

    async def call(self, method, **params):
        return await self._browser.call(method, self._session, **params)

    async def run(self, script):
        """The value of a script's expression."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    async def until(self, script):
        """Wait until a script's expression is true on a page that has loaded; pages may change meanwhile."""
        async with asyncio.timeout(20):
            while True:
                with suppress(RuntimeError):  # the page is just being exchanged
                    if await self.run(f"document.readyState === 'complete' && ({script})"):
                        return
                await asyncio.sleep(0.05)

    async def go(self, url):
        self._loads.clear()
        await self.call("Page.navigate", url=url)
        async with asyncio.timeout(20):
            await self._loads.wait()

    async def text(self):
        return await self.run("document.body.innerText")

    async def type(self, selector, text):
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def click(self, selector):
        """A click or tap in the middle of an element, as a person does it."""
        place = json.dumps(selector)
        await self.run(
            f"document.querySelector({place}).scrollIntoView({{block: 'center', behavior: 'instant'}})"
        )
        box = await self.run(
            f"(() => {{ const r = document.querySelector({place}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
            )

    async def choose(self, selector, *paths):
        """Put files into a file field."""
        found = await self.call(
            "Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})"
        )
        node = found["result"]["objectId"]
        await self.call("DOM.setFileInputFiles", objectId=node, files=[str(path) for path in paths])

    async def drop(self, selector, *paths):
        """Drag files over an element and let them fall."""
        box = await self.run(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            await self.call("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)

    async def picture(self, path: Path, *, whole=True):
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


async def _address(folder):
    port = folder / "DevToolsActivePort"
    async with asyncio.timeout(60):
        while not (port.exists() and port.read_text().count("\n")):
            await asyncio.sleep(0.05)
    number, path = port.read_text().split("\n")[:2]
    return f"ws://127.0.0.1:{number}{path}"


@asynccontextmanager
async def browser(folder: Path):
    """Chromium with a fresh profile in a folder."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("chromium: run tests/prepare.sh servers")
    (folder / "DevToolsActivePort").unlink(missing_ok=True)  # of an earlier run with this profile
    process = await asyncio.create_subprocess_exec(
        program, *_FLAGS, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(await _address(folder), max_msg_size=0) as socket,
        ):
            found = Browser(socket)
            listening = asyncio.create_task(found.listen())
            try:
                yield found
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
    finally:
        with suppress(ProcessLookupError):  # with its helpers, or they go on writing into the profile
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
