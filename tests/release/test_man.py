"""Manual pages: one for each command, in both languages, that a formatter takes without a word."""

import gzip
import re
import subprocess

import pytest

from gateway.cli import COMMANDS, _build
from gateway.cli.manual import Entry, Manual, manuals
from release.man import page, write_all


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    write_all(folder, "meterd", 1790000000)
    return folder


@pytest.mark.parametrize(("folder", "word"), [("man1", "SYNOPSIS"), ("zh_CN/man1", "概要")])
def test_every_command_has_its_page(pages, folder, word):
    found = {path.name: gzip.decompress(path.read_bytes()).decode() for path in (pages / folder).iterdir()}
    names = {one.path.replace(" ", "-") + ".1.gz" for one in manuals(_build(list(COMMANDS)), list(COMMANDS))}
    assert set(found) == names
    assert all(f".SH {word}" in text for text in found.values())
    assert "2026-09-21" in found["meterd.1.gz"]
    text = "".join(found.values())
    done = subprocess.run(
        ["groff", "-K", "utf8", "-ww", "-z", "-man", "-Tutf8"], input=text, capture_output=True, text=True
    )
    said = [
        line for line in done.stderr.splitlines() if not re.search("can't break line|cannot adjust", line)
    ]
    assert not said


def test_text_is_never_taken_for_a_request():
    manual = Manual(
        path="meterd x",
        usage="meterd x",
        summary=".so /etc/passwd",
        more=("'quoted", "back\\slash"),
        arguments=(),
        options=(Entry("--a-b", ".x"),),
        commands=(),
        examples=(".end",),
    )
    lines = page(manual, "meterd-master", "1.0", "2026-01-01").splitlines()
    assert r"\&.so /etc/passwd" in lines
    assert r"\&'quoted" in lines
    assert r"back\eslash" in lines
    assert r".B \-\-a\-b" in lines
    assert r"meterd\-master\-x \- \&.so /etc/passwd" in lines
