"""`meterd model`."""

import pytest

from config.models import use_models


@pytest.fixture(autouse=True)
def _no_models_of_ones_own():
    yield
    use_models({})


@pytest.fixture
def fresh(meterd, tmp_path):
    """The file that `meterd model new` makes."""
    done = meterd("model", "new", "acme-3000", "--folder", tmp_path)
    assert done.exit_code == 0
    return tmp_path / "acme-3000.toml"


def test_a_new_file_passes_its_own_test(meterd, fresh):
    done = meterd("model", "test", fresh, "--json")
    assert done.exit_code == 0
    (file,) = done.objects[0]["files"]
    assert file["ok"]
    assert len(file["values"]) == 3


def test_a_new_file_harms_no_other(meterd, fresh):
    assert meterd("model", "new", "acme-3000", "--folder", fresh.parent).exit_code == 2
    assert meterd("model", "new", "../x", "--folder", fresh.parent).exit_code == 2
    assert meterd("model", "new", "acme", "--folder", fresh.parent / "none").exit_code == 2


def test_a_value_that_is_wrong_fails(meterd, fresh):
    fresh.write_text(fresh.read_text("utf-8").replace('"230.4"', '"230.5"'), encoding="utf-8")
    done = meterd("model", "test", fresh)
    assert done.exit_code == 1
    assert "230.4" in done.stdout
    assert "2 of 3" in done.stdout


def test_a_file_that_is_no_model(meterd, fresh):
    fresh.write_text(
        fresh.read_text("utf-8").replace('point = "1-0:1.8.0"', 'point = "1-0:1.8.99"'), encoding="utf-8"
    )
    done = meterd("model", "test", fresh)
    assert done.exit_code == 2
    assert "1-0:1.8.99" in done.stderr


def test_the_list_of_models(meterd):
    done = meterd("model", "ls", "--json")
    models = {row["model"]: row for row in done.objects[0]["models"]}
    assert models["eastron-sdm630"]["points"] == 42
    assert models["dlt645-2007"]["points"] is None
    assert "sunspec" in meterd("model", "ls").stdout


def test_a_model_is_tried_from_its_file(meterd, modbus_units, fresh):
    done = meterd(
        "read",
        "--link",
        modbus_units(1),
        "--protocol",
        "modbus-tcp",
        "--model",
        fresh,
        "--address",
        "1",
        "3/0",
    )
    assert done.exit_code == 1  # the unit is another meter's and refuses these registers
    assert "refused" in done.stdout


def test_the_configuration_names_a_folder_of_models(meterd, fresh, config):
    path = config()
    text = (
        path.read_text("utf-8")
        .replace("[[target]]", "[[target]]\n", 1)
        .replace('driver = "meter"', 'driver = "modbus"')
    )
    folder = fresh.parent / "models"
    folder.mkdir()
    fresh.rename(folder / fresh.name)
    path.write_text(text.replace("archive =", 'models = "models"\narchive ='), encoding="utf-8")
    rows = "asset_no,address,protocol,target,model,register_is_primary\nM1,1,modbus-tcp,line3,acme-3000,yes\n"
    (fresh.parent / "meters.csv").write_text(rows, encoding="utf-8")
    assert meterd("check", "-c", path).exit_code == 0
    (folder / fresh.name).write_text("name = 1", encoding="utf-8")
    done = meterd("check", "-c", path)
    assert done.exit_code == 2
    assert "acme-3000" in done.stderr
