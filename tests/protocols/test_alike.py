"""What a word that is not known may have meant (protocols.alike)."""

import subprocess
import sys
from pathlib import Path

from protocols.alike import alike


def test_the_word_most_like_it_is_found():
    assert alike("metres", ["nodes", "meters", "relations"]) == "meters"


def test_no_word_is_found_where_none_is_like_it():
    assert alike("zzz", ["nodes", "meters"]) == ""
    assert alike("metres", []) == ""
    assert alike("metres", ["meters"], 0.9) == ""


def test_a_daemon_carries_neither_what_it_never_asks_nor_links_and_codecs_that_it_does_not_use():
    program = "import sys, gateway.__main__, gateway.app; print(*sys.modules)"
    given = [sys.executable, "-c", program]
    found = subprocess.run(given, check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    carried = set(found.stdout.split())
    assert "gateway.app" in carried
    unused = {"argparse", "difflib", "typer", "serial", "pymodbus", "construct"}
    assert not carried & {*unused, "protocols.modbus", "drivers.links.serial", "drivers.links.modem"}
