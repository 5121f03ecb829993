"""The daemon at a transformer with a carrier module: its list, its freezes, and what the switch changes."""

import asyncio

import pytest

from config.load import load
from gateway.app import App
from gateway.pages import as_dict
from simulators.cco import Cco, CcoSpec
from simulators.cco_port import CcoPort
from simulators.dlt645_meter import Meter
from simulators.electric import Spec

MAIN, HOMES = "000000000001", [f"{n:012d}" for n in range(101, 107)]
TOML = """[gateway]
name = "so-001"
state_dir = "{folder}/state"

[metrics]
listen = ""

[send]
archive_write = {switch}

[[target]]
name = "cco1"
driver = "carrier"
link = "{link}"
address = "{main}"
retries = 0

[[task]]
name = "day"
targets = ["cco1"]
points = ["1-0:1.8.0"]
every = "1d"
"""
METERS = "asset_no,address,protocol,target\n" + "".join(
    f"H{one[-1]},{one},dlt645-2007,cco1\n" for one in HOMES
)


async def serve(folder, switch, listed, until):
    """A daemon and its module, until something can be said of both; what the daemon tells of itself in the end."""
    spec = CcoSpec(main_node=MAIN, think=0.0, fail_seconds=0.1)
    cco = Cco(spec, [Meter(Spec(address=one, reply_delay=0.0)) for one in HOMES], delay=0.0, baud=0)
    cco.archive = dict.fromkeys(listed, 2)
    (folder / "archive").mkdir()
    (folder / "archive/meters.csv").write_text(METERS)
    async with CcoPort(cco) as port:
        path = folder / "meterd.toml"
        path.write_text(TOML.format(folder=folder, switch=switch, link=port.link, main=MAIN))
        loaded = load(path)
        app = App(loaded.settings, loaded.archive)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(app.run())
            while not app._ready or not until(as_dict(app.stats())):
                await asyncio.sleep(0.05)
            found = as_dict(app.stats())
            app.stop()
    return cco, found


async def test_a_new_module_is_given_its_list_and_read(tmp_path):
    cco, found = await serve(tmp_path, "true", [], lambda told: told["readings"]["reviewed"] >= 6)
    assert list(cco.archive) == HOMES
    assert found["readings"]["reviewed"] == 6
    assert found["findings_open"] == 0
    assert cco.asked["12-F2"]
    assert not cco.is_paused, "the daemon has gone, and the module does not go on with its own work"


async def test_a_module_that_has_fallen_silent_does_not_hold_up_the_end(tmp_path, monkeypatch):
    heard = Cco.hear
    monkeypatch.setattr(Cco, "hear", lambda cco, data: heard(cco, data) if cco.asked["F1-F1"] < 2 else [])
    began = asyncio.get_running_loop().time()
    await serve(tmp_path, "true", HOMES, lambda told: told["readings"]["reviewed"] >= 1)
    assert asyncio.get_running_loop().time() - began < 10


@pytest.mark.parametrize("extra", [[], ["999900000001"]])
async def test_without_the_switch_its_list_stays_and_differences_are_a_finding(tmp_path, extra):
    listed = [*HOMES[:4], *extra]
    cco, found = await serve(
        tmp_path, "false", listed, lambda told: told["readings"]["reviewed"] >= 4 and told["findings_open"]
    )
    assert list(cco.archive) == listed
    assert found["readings"]["reviewed"] == 4
    assert not [kind for kind in cco.asked if kind[:2] in ("01", "11")]
