"""Every shipped model passes its own vectors; a wrong one says where."""

import pytest

from config.models import (
    ModelError,
    known_models,
    load_file,
    load_folder,
    load_model,
    own_models,
    use_models,
)
from config.models.vectors import Outcome, outcomes

TABLE = """
protocol = "modbus"
name = "x"
name_zh = "x"
source = ["a manual"]
basis = "primary"
registers = [{ at = 0, point = "1-0:1.8.0" }]
[[vectors]]
words = { "3/0" = "0001" }
values = { "1-0:1.8.0" = "%s" }
"""


@pytest.fixture(autouse=True)
def _no_models_of_ones_own():
    yield
    use_models({})


@pytest.mark.parametrize("name", known_models())
def test_every_shipped_model_passes(name):
    found = list(outcomes(load_model(name)))
    assert found
    assert [row for row in found if not row.ok] == []


def test_a_wrong_value_and_one_that_is_not_there():
    model = load_model("eastron-sdm630")
    vector = {"words": {"4/0": "4366 3333"}, "values": {"1-0:32.7.0": "9", "1-0:1.8.0": "1", "nothing": "1"}}
    wrong, lacking, unknown = outcomes(model | {"vectors": [vector]})
    assert wrong == Outcome(1, "1-0:32.7.0", "9", "230.2")
    assert not wrong.ok
    assert lacking.error
    assert "nothing" in unknown.error


def test_a_frame_of_dlt645_that_does_not_say_so():
    model = load_model("dlt645-2007")
    whole, broken = model["vectors"][0], {"frame": "FE" * 20, "values": {"02010300": "1"}}
    first, second = outcomes(model | {"vectors": [whole | {"values": {"02010300": "1"}}, broken]})
    assert (first.found, first.ok) == ("226.2", False)
    assert second.error == "no whole frame"


def test_a_model_of_ones_own_goes_before(tmp_path):
    (tmp_path / "eastron-sdm630.toml").write_text(TABLE % 1, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(TABLE % 1, encoding="utf-8")
    good, bad = load_folder(tmp_path)
    use_models(good)
    assert not bad
    assert "mine" in known_models()
    assert load_model("eastron-sdm630")["name"] == "x"
    assert set(own_models()) == {"mine", "eastron-sdm630"}
    use_models({})
    assert load_model("eastron-sdm630")["name"] == "Eastron SDM630"
    with pytest.raises(KeyError):
        load_model("mine")


@pytest.mark.parametrize(
    "text", ["x = ", "x = 1", "\x00", "[" * 3000, TABLE.replace("u16", "u17") % 1 + "limit = 9"]
)
def test_a_file_that_is_no_model_is_named(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="bad"):
        load_file(path)
    assert [file for file, _ in load_folder(tmp_path)[1]] == [path]


def test_what_is_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(ModelError):
            load_file(path)
    assert load_folder(tmp_path / "none")[1]
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ModelError, match="1 MiB"):
        load_file(large)
