"""Rules of the tree that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "drivers", "protocols", "config", "simulators")
SOURCES = sorted(path for package in PACKAGES for path in ROOT.glob(f"{package}/**/*.py"))
MAX_LINES = 500


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outgrows_its_room(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_module_opens_with_its_rule():
    silent = [
        str(p.relative_to(ROOT)) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))
    ]
    assert not silent


def test_no_blanket_handler_outside_the_supervisor():
    found = []
    for path in SOURCES:
        if path.name == "supervise.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = (
                    {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"bare"}
                )
                # A transaction must be taken back whatever happens: that handler raises again.
                again = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
                if names & {"bare", "Exception"} or ("BaseException" in names and not again):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found


def test_the_tree_names_no_machine():
    if not (ROOT / ".git").exists():
        pytest.fail("this test reads git's list of files: run it in a clone")
    pattern = re.compile(rb"/(?:work|farm|root)/|bash_jobs")
    here = Path(__file__)
    leaks = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.is_file()
        and path != here
        and path.suffix not in {".gz", ".lock"}
        and pattern.search(path.read_bytes())
    ]
    assert not leaks


def test_tests_mirror_the_tree():
    """A test module under tests/<package>/ stands beside a folder that exists in the package."""
    strays = []
    for package in PACKAGES:
        for test in (ROOT / "tests" / package).rglob("test_*.py"):
            folder = ROOT / test.parent.relative_to(ROOT / "tests")
            if not folder.is_dir():
                strays.append(str(test.relative_to(ROOT)))
    assert not strays


def test_every_module_is_named_by_some_test():
    """A module that no test imports or runs by its command is untested."""
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    unnamed = []
    for path in SOURCES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        leaf = path.stem
        if leaf in {"__init__", "__main__", "errors"} or "/cli/" in str(path):
            continue
        if (ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{leaf}.py")).exists():
            continue
        parent = module.rpartition(".")[0]
        if not re.search(rf"\b{re.escape(module)}\b|from {re.escape(parent)} import [^\n]*\b{leaf}\b", text):
            unnamed.append(module)
    assert not unnamed
