"""Every meter model decodes the frames that it comes with (config.models)."""

import json
from pathlib import Path

import pytest

from config.models import known_models, load_model
from config.models.form import ModelError, checked
from protocols import PROTOCOLS
from protocols.dlt645.frame import Frame, Splitter
from protocols.session import Answer, Question

METERS = [name for name in known_models() if load_model(name)["protocol"] != "modbus"]
VECTORS = [(name, vector) for name in METERS for vector in load_model(name)["vectors"]]


def answer(model, frame):
    """What a session makes of a captured answer, with a model's own formats."""
    (heard,) = Splitter().feed(frame)
    assert isinstance(heard, Frame)
    width = 2 if model["protocol"] == "dlt645-1997" else 4
    session = PROTOCOLS[model["protocol"]].session(model["wakeup"])
    identifier = heard.data[:width][::-1].hex().upper()
    session.ask(Question(address=heard.address, id=identifier, overrides=model.get("overrides")))
    found = session.feed(frame)
    assert isinstance(found, Answer)
    return {item.id: item.value if item.value is None else str(item.value) for item in found.items}


@pytest.mark.parametrize(("name", "vector"), VECTORS, ids=[name for name, _ in VECTORS])
def test_a_models_frames_say_what_it_says(name, vector):
    assert answer(load_model(name), bytes.fromhex(vector["frame"])) == vector["values"]


def test_an_override_changes_what_a_frame_says():
    frame = bytes.fromhex("6827596303000168810444E95935F716")
    assert answer(load_model("dlt645-1997"), frame) == {"B611": "226"}
    assert answer(load_model("tenth-volt-1997"), frame) == {"B611": "22.6"}


def test_questions_carry_the_models_formats():
    model = load_model("tenth-volt-1997")
    (planned,) = PROTOCOLS["dlt645-1997"].plan(["1-0:32.7.0"], "live", model=model, address="1" * 12)
    assert planned.question.overrides == model["overrides"]


def test_a_model_without_blocks_is_asked_one_by_one():
    points = ["1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2"]
    ask = PROTOCOLS["dlt645-2007"].plan
    assert len(ask(points, "live", model=load_model("dlt645-2007"), address="1" * 12)) == 1
    assert len(ask(points, "live", model=load_model("single-phase-2007"), address="1" * 12)) == 3


def test_every_protocol_has_a_model_of_its_own_name():
    assert set(PROTOCOLS) <= set(known_models())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"protocol": "dlt645"}, "protocol"),
        ({"vectors": []}, "vectors"),
        ({"bloks": True}, "bloks"),
        ({"blocks": "yes"}, "blocks"),
        ({"overrides": {"02010100": {"format": "XXX.X"}}}, "02010100"),
        ({"overrides": {"B611": {"format": "?"}}}, "B611"),
        ({"overrides": {"B611": {"scal": 1}}}, "scal"),
        ({"vectors": [{"frame": "68", "values": {"B611": "1"}}]}, "frame"),
    ],
)
def test_a_wrong_model_names_its_mistake(change, named):
    with pytest.raises(ModelError, match=named):
        checked("x", load_model("dlt645-1997") | change)


def test_an_unknown_model():
    with pytest.raises(KeyError):
        load_model("none")


def test_the_frames_were_captured():
    folder = Path(__file__).parents[3] / "tests/protocols/dlt645/vectors/dlt645.jsonl"
    rows = map(json.loads, folder.read_text(encoding="utf-8").splitlines())
    captured = {row["hex"].lstrip("FE") for row in rows if row.get("origin") == "captured" and row["valid"]}
    assert {vector["frame"].lstrip("FE") for _, vector in VECTORS} <= captured
