"""Commands for tie meters behind an ERTU: `meterd check`, `plan` and `read`."""

import socketserver
import threading

import pytest

from config.schema import Target
from gateway.airtime import dials_in, group_targets
from simulators.ertu import Ertu, ErtuSpec, TieMeter

TOML = """[gateway]
name = "so-001"
state_dir = "state"

[[target]]
name = "station"
driver = "ertu"
link = "{link}"
address = "1"

[[task]]
name = "day"
targets = ["station"]
points = ["1-0:1.8.0", "1-0:2.8.0"]
every = "1d"
"""
METERS = "asset_no,address,protocol,target,point_no\nT1,1,iec102,station,1\nT2,2,iec102,station,5\n"


class Handler(socketserver.BaseRequestHandler):
    """One conversation with the ERTU of the server."""

    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(b"".join(piece.data for piece in self.server.ertu.respond(data)))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def station(tmp_path):
    """The configuration of an ERTU that answers."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.ertu = Ertu(ErtuSpec(), [TieMeter(first=1), TieMeter(first=5)])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive/meters.csv").write_text(METERS)
        path = tmp_path / "meterd.toml"
        path.write_text(TOML.format(link=f"tcp://127.0.0.1:{server.server_address[1]}"))
        yield path, server.ertu
        server.shutdown()
        thread.join()


def test_the_configuration_is_good_and_fits(meterd, station):
    path, ertu = station
    assert meterd("check", "-c", path).exit_code == 0
    assert meterd("plan", "-c", path, "--json").exit_code == 0
    assert not ertu.asked


def test_a_tie_meter_is_read(meterd, station):
    path, ertu = station
    done = meterd("read", "-c", path, "T2", "1-0:2.8.0", "--json")
    assert done.exit_code == 0
    (point,) = done.objects[0]["points"]
    assert (point["obis"], point["id"], point["unit"], point["error"]) == ("1-0:2.8.0", "120/6", "kWh", None)
    assert point["at"].endswith(("00:00", "15:00", "30:00", "45:00"))
    assert ertu.asked[120] == 1


def test_the_usual_points_are_those_that_it_has(meterd, station):
    done = meterd("read", "-c", station[0], "T1", "--json")
    assert done.exit_code == 0
    got = {point["obis"]: point for point in done.objects[0]["points"]}
    assert got["1-0:1.8.0"]["value"]
    assert got["0-0:1.0.0"]["value"]
    assert got["1-0:32.7.0"]["error"] == "unknown_point: not in the profile as live"


def test_an_ertu_that_dials_in_is_alone_on_its_port():

    link = "tcp-listen://127.0.0.1:9100"
    ertus = [Target(name=f"e{n}", driver="ertu", link=link, address=str(n)) for n in (1, 2)]
    terminals = [Target(name=f"t{n}", driver="terminal", link=link, address=f"3301000{n}") for n in (1, 2)]
    assert [dials_in(target) for target in (*ertus, *terminals)] == [False, False, True, True]
    assert [len(group) for group in group_targets(ertus)] == [2]
    assert [len(group) for group in group_targets(terminals)] == [1, 1]
