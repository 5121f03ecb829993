import csv
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import serial

from protocols.dlt645.frame import Frame, Splitter, encode

METERD = [sys.executable, "-m", "gateway"]


@contextmanager
def simulated(*arguments):
    process = subprocess.Popen(
        [*METERD, "simulate", "dlt645", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "METERD_LANG": "en"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def ask(port_read, port_write, address):
    port_write(encode(Frame(address, 0x11, bytes.fromhex("00000100")), 4))
    splitter = Splitter()
    while data := port_read():
        for frame in splitter.feed(data):
            if isinstance(frame, Frame):
                return frame
    return None


def test_meters_on_tcp_and_their_archive(tmp_path):
    archive = tmp_path / "meters.csv"
    options = ("--json", "--meters", "5", "--lines", "2", "--share-1997", "0", "--archive", str(archive))
    with simulated(*options) as process:
        where = json.loads(process.stdout.readline())
        assert [len(line["meters"]) for line in where["lines"]] == [3, 2]
        for line in where["lines"]:
            host, _, port = line["link"].removeprefix("tcp://").rpartition(":")
            with socket.create_connection((host, int(port)), timeout=20) as client:
                for address in line["meters"]:
                    frame = ask(lambda c=client: c.recv(4096), client.sendall, address)
                    assert (frame.address, frame.control) == (address, 0x91)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with archive.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["address"] for row in rows) == sorted(a for x in where["lines"] for a in x["meters"])
    assert {row["protocol"] for row in rows} == {"dlt645-2007"}


def test_meters_on_a_pseudo_terminal():
    with simulated("--json", "--meters", "1", "--share-1997", "0", "--pty", "--baud", "9600") as process:
        (line,) = json.loads(process.stdout.readline())["lines"]
        path = line["link"].removeprefix("serial:").partition("?")[0]
        with serial.Serial(path, 9600, timeout=20) as port:
            frame = ask(lambda: port.read(1) + port.read(port.in_waiting), port.write, line["meters"][0])
        assert frame.control == 0x91


def test_plain_output_names_links_and_meters():
    with simulated("--meters", "2") as process:
        name, link, *meters = process.stdout.readline().split()
        assert (name, len(meters)) == ("line1", 2)
        assert link.startswith("tcp://127.0.0.1:")


def test_unknown_faults_are_bad_input():
    with simulated("--faults", "gremlins=1") as process:
        assert process.wait(20) == 2
        assert "gremlins" in process.stderr.read()


def test_a_port_that_is_taken_fails():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with simulated("--port", str(taken.getsockname()[1])) as process:
            assert process.wait(20) == 1
            assert process.stderr.read()


@contextmanager
def modbus(*arguments):
    process = subprocess.Popen(
        [*METERD, "simulate", "modbus", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "METERD_LANG": "en"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def test_modbus_units_and_their_archive(tmp_path):
    archive = tmp_path / "meters.csv"
    options = (
        "--json",
        "--units",
        "3",
        "--model",
        "abb-b23",
        "--model",
        "sunspec",
        "--archive",
        str(archive),
    )
    with modbus(*options) as process:
        where = json.loads(process.stdout.readline())
        assert where["lines"][0]["meters"] == ["1", "2", "3"]
        host, _, port = where["lines"][0]["link"].removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(bytes.fromhex("000100000006 01 03 5000 0004"))
            assert client.recv(100)[:9] == bytes.fromhex("00010000000B 01 03 08")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with archive.open(newline="", encoding="utf-8") as file:
        assert [row["model"] for row in csv.DictReader(file)] == ["abb-b23", "sunspec", "abb-b23"]


def test_a_model_that_cannot_be_simulated():
    for model in ("none", "dlt645-2007", "modbus-tcp"):
        with modbus("--model", model) as process:
            assert process.wait(20) == 2
            assert process.stderr.read().strip()
