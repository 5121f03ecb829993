"""Commands for meters behind a carrier module: `meterd check`, `plan` and `read`, and what they leave behind."""

import asyncio
import threading

import pytest

from simulators.cco import Cco, CcoSpec
from simulators.cco_port import CcoPort
from simulators.dlt645_meter import Meter
from simulators.electric import Spec

TOML = """[gateway]
name = "so-001"
state_dir = "state"

[[target]]
name = "cco1"
driver = "carrier"
link = "{link}"
address = "{address}"
retries = 0

[[task]]
name = "day"
targets = ["cco1"]
points = ["1-0:1.8.0"]
every = "1d"
{send}"""
MAIN, HOMES = "000000000001", [f"{n:012d}" for n in range(101, 105)]
METERS = "asset_no,address,protocol,target\n" + "".join(
    f"H{one[-1]},{one},dlt645-2007,cco1\n" for one in HOMES[:3]
)
OPEN = "[send]\narchive_write = true\n"


class Site:
    """A module on a port of its own thread, with four homes on its list of which our archive has three."""

    def __init__(self):
        self.cco = Cco(
            CcoSpec(main_node=MAIN, think=0.0, fail_seconds=0.1),
            [Meter(Spec(address=one, reply_delay=0.0)) for one in HOMES],
            delay=0.0,
            baud=0,
        )
        self.cco.list_all()
        self.link = ""
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        async with CcoPort(self.cco) as port:
            self.link = port.link
            self._ready.set()
            await self._end.wait()

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)


@pytest.fixture
def site(tmp_path):
    with Site() as found:
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive/meters.csv").write_text(METERS)
        yield found


def configured(folder, site, send="", **more):
    path = folder / "meterd.toml"
    text = TOML.format(link=site.link, address=MAIN, send=send)
    for key, value in more.items():
        text = text.replace("retries = 0", f"retries = 0\n{key} = {value}")
    path.write_text(text)
    return path


def test_the_configuration_is_good_and_fits(meterd, site, tmp_path):
    path = configured(tmp_path, site)
    assert meterd("check", "-c", path).exit_code == 0
    assert meterd("plan", "-c", path, "--json").exit_code == 0
    assert not site.cco.asked


def test_one_meter_is_read_and_the_module_goes_on_with_its_own_work(meterd, site, tmp_path):
    done = meterd("read", "-c", configured(tmp_path, site), "H2", "1-0:1.8.0", "--json")
    assert done.exit_code == 0
    (point,) = done.objects[0]["points"]
    assert (point["obis"], point["id"], point["error"]) == ("1-0:1.8.0", "00010000", None)
    assert (site.cco.asked["12-F2"], site.cco.asked["12-F3"]) == (1, 1)
    assert not site.cco.is_paused


@pytest.mark.parametrize("send", ["", OPEN])
def test_reading_one_meter_writes_nothing_whatever_is_switched_on(meterd, site, tmp_path, send):
    path = configured(tmp_path, site, send, delete_nodes="true")
    assert meterd("read", "-c", path, "H1", "1-0:1.8.0", "--json").exit_code == 0
    assert list(site.cco.archive) == HOMES
    assert not [kind for kind in site.cco.asked if kind[:2] in ("01", "11")]


@pytest.mark.parametrize("send", ["", OPEN])
def test_a_meter_that_the_module_does_not_list_is_said(meterd, site, tmp_path, send):
    del site.cco.archive[HOMES[0]]
    done = meterd("read", "-c", configured(tmp_path, site, send), "H1", "1-0:1.8.0", "--json")
    assert done.exit_code == 1
    assert HOMES[0] not in site.cco.archive
    (point,) = done.objects[0]["points"]
    assert point["error"].startswith("timeout: ")
    assert "archive_write" in point["error"]


def test_a_meter_that_is_not_on_the_network_is_said(meterd, site, tmp_path):
    site.cco.network.nodes[HOMES[1]].is_joined = False
    done = meterd("read", "-c", configured(tmp_path, site), "H2", "1-0:1.8.0", "--json")
    assert done.exit_code == 1
    assert "not in the network" in done.objects[0]["points"][0]["error"]
