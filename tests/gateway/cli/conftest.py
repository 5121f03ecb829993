"""Running commands as a person does, beside meters that answer."""

import json
import socketserver
import threading
from contextlib import ExitStack, contextmanager

import pytest
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.simulate import modbus_unit
from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.modbus_line import ModbusLine
from tests.drivers.line import FakeMeter, bcd


class Served(FakeMeter):
    """A fake meter that a threaded server may ask."""

    def replies(self, request):
        return [encode(self.answer(request), 4)] if self.hears(request.address) else []


@contextmanager
def serving(*meters, speech=b""):
    """These meters behind one TCP port; `speech` is said to whoever connects. Yields the link."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            if speech:
                self.request.sendall(speech)
            splitter = Splitter()
            while data := self.request.recv(4096):
                for request in splitter.feed(data):
                    assert isinstance(request, Frame)
                    for meter in meters:
                        self.request.sendall(b"".join(meter.replies(request)))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    """What is said is English, wherever the tests run."""
    monkeypatch.setenv("METERD_LANG", "en")


@pytest.fixture
def served():
    """`served(meter, ...)`: the link of a port behind which they answer."""
    with ExitStack() as stack:
        yield lambda *meters, **kwargs: stack.enter_context(serving(*meters, **kwargs))


@pytest.fixture
def modbus_units():
    """`modbus_units(1, 2, model=...)`: the link of a port behind which units with these numbers answer."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            talk = self.server.line.session()
            while data := self.request.recv(4096):
                self.request.sendall(b"".join(piece.data for piece in talk.respond(data)))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with ExitStack() as stack:

        def serve(*units, model="eastron-sdm630", now=None):
            server = stack.enter_context(Server(("127.0.0.1", 0), Handler))
            server.line = ModbusLine([modbus_unit(unit, model) for unit in units], now=now)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"tcp://127.0.0.1:{server.server_address[1]}"

        yield serve


@pytest.fixture
def meterd(monkeypatch):
    """`meterd("plan", "-c", file)`: the finished run; `.objects` are the JSON lines that it printed."""
    monkeypatch.setenv("METERD_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        done = CliRunner().invoke(_build([arguments[0], "decode"]), [str(word) for word in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        done.objects = [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
        return done

    return run


@pytest.fixture
def meter():
    """One meter with a register, its tariffs and a voltage."""
    registers = {f"000{q}0{t}00": bcd(f"00{q}{t}3456") for q in (1, 2) for t in range(5)}
    return Served("000000000012", registers | {"02010100": bcd("2205"), "02010200": b"\xff\xff"})


@pytest.fixture
def config(tmp_path):
    """`config(link, task=..., meters=...)`: a configuration file with one target."""

    def write(link="tcp://127.0.0.1:1", *, every="15m", meters=1, points='["1-0:1.8.0"]'):
        rows = [f"M{i},{i + 12:012d},dlt645-2007,line3" for i in range(meters)]
        (tmp_path / "meters.csv").write_text("asset_no,address,protocol,target\n" + "\n".join(rows) + "\n")
        path = tmp_path / "meterd.toml"
        path.write_text(
            f'[gateway]\nname = "so-001"\nstate_dir = "{tmp_path}/state"\narchive = "{tmp_path}"\n'
            f'[[target]]\nname = "line3"\ndriver = "meter"\nlink = "{link}"\nreply_ms = 200\nretries = 0\n'
            f'[[task]]\nname = "registers"\ntargets = ["line3"]\npoints = {points}\nevery = "{every}"\n'
        )
        return path

    return write
