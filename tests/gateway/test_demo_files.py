"""The files of a demonstration are a configuration like any other."""

from config.load import load
from gateway.demo_files import Place, write


def test_what_is_written_loads_as_the_place_that_was_meant(tmp_path):
    meters = [
        {"asset_no": "T1-TOTAL", "address": "1", "protocol": "dlt645-2007", "target": "jzq1", "point_no": "1",
         "node": "T1", "side": "supply", "ct": "40"},
        {"asset_no": "H1", "address": "2", "protocol": "dlt645-2007", "target": "jzq1", "point_no": "2", "node": "T1"},
        {"asset_no": "TIE", "address": "3", "protocol": "dlt645-2007", "target": "jzq1", "point_no": "3", "node": "L1"},
    ]  # fmt: skip
    place = Place(
        meters=meters,
        targets=[
            {"name": "jzq1", "driver": "concentrator", "link": "tcp://127.0.0.1:9", "address": "44030001"}
        ],
        tasks=[{"name": "daily", "targets": ["jzq1"], "points": ["1-0:1.8.0"], "every": "1d"}],
        lines=["L1"],
        transformers={"T1": "L1"},
    )
    loaded = load(write(tmp_path, "demo", place, tmp_path / "m.db", [("[store]", {"keep_days": 3})]))
    assert loaded.settings.master is not None
    assert loaded.settings.master.database == f"sqlite:///{tmp_path / 'm.db'}"
    assert (loaded.settings.store.keep_days, loaded.settings.gateway.state_dir) == (3, tmp_path / "state")
    said = {(one.meter, one.node_kind, one.node, one.side) for one in loaded.archive.relations}
    assert said == {
        ("T1-TOTAL", "transformer", "T1", "supply"),
        ("H1", "transformer", "T1", "sale"),
        ("TIE", "line", "L1", "sale"),
    }
    assert [(one.kind, one.code, one.line) for one in loaded.archive.nodes if one.code == "T1"] == [
        ("transformer", "T1", "L1")
    ]
