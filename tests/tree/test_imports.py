"""No module imports itself by way of others, not even for its types."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.tree.test_house import ROOT, SOURCES

BASE = "gateway.master.stores.base"
KNOWN = ("gateway.master.stores.intake", "gateway.master.process.sums")
"""What the store takes batches in with names the store, for its type alone."""


def _name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def graph():
    """Every module with those that it imports anywhere in its file."""
    modules = {_name(path): path for path in SOURCES}
    found = {}
    for name, path in modules.items():
        imported = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named = {f"{node.module}.{one.name}" for one in node.names}
                imported |= named & modules.keys() or {node.module} & modules.keys()
            elif isinstance(node, ast.Import):
                imported |= {one.name for one in node.names} & modules.keys()
        found[name] = imported - {name}
    return found


def test_no_module_imports_itself_by_way_of_others(graph):
    cut = {module: graph[module] - {BASE} for module in KNOWN}
    order = [*TopologicalSorter({**graph, **cut}).static_order()]
    assert len(order) == len(graph)


@pytest.mark.parametrize("module", KNOWN)
def test_known_circles_are_there(graph, module):
    others = {one: graph[one] - {BASE} for one in KNOWN if one != module}
    with pytest.raises(CycleError):
        TopologicalSorter({**graph, **others}).prepare()
