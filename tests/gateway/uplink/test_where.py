"""Where and as whom the uplink connects."""

import pytest

from config.schema import Uplink
from gateway.uplink.where import broker_of


def test_named_after_the_gateway_unless_told_otherwise():
    broker = broker_of(Uplink(broker="mqtt://h:1883"), "so-001")
    assert (broker.url, broker.client_id, broker.password) == ("mqtt://h:1883", "meterd-so-001", None)
    assert broker_of(Uplink(broker="mqtt://h:1883", client_id="x"), "so-001").client_id == "x"


def test_the_password_is_the_first_line_of_its_file(tmp_path):
    (tmp_path / "secret").write_text("s3cret\nand a remark\n")
    known = Uplink(broker="mqtt://h:1883", user="u", password_file=tmp_path / "secret")
    assert (broker_of(known, "g").user, broker_of(known, "g").password) == ("u", "s3cret")


def test_a_password_that_cannot_be_read(tmp_path):
    known = Uplink(broker="mqtt://h:1883", user="u", password_file=tmp_path / "none")
    with pytest.raises(OSError, match="none"):
        broker_of(known, "g")
