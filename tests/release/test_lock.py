"""Lock files: complete, for every interpreter of their platform, and of the versions that the suite runs with."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from release.lock import LOCKS, ROOT, Pin, lock_of, read, requirements
from release.targets import PLATFORMS, PYTHONS, SETS, combinations

LOCKED = [pytest.param(one, on, id=f"{one.name}-{on.name}") for one, on in combinations()]


def names(pins):
    return {canonicalize_name(pin.name) for pin in pins}


def closure(wanted):
    """Everything that these requirements bring, by the metadata of what is installed here."""
    found, left = set(), [Requirement(one) for one in wanted]
    while left:
        need = left.pop()
        name = canonicalize_name(need.name)
        extras = {"", *need.extras}
        if name in found and not need.extras:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            inner = Requirement(text)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                left.append(inner)
    return found


def test_there_is_one_for_every_set_and_platform_and_no_other():
    assert {path.name for path in LOCKS.iterdir()} == {lock_of(*pair).name for pair in combinations()}
    assert [on.name for one, on in combinations() if one.name == "gateway"] == ["x86_64", "arm64", "armv7"]
    assert [on.name for one, on in combinations() if one.name == "master"] == ["x86_64", "arm64"]


@pytest.mark.parametrize(("one", "on"), LOCKED)
def test_nothing_is_missing(one, on):
    assert closure(requirements(one, on)) | {"pip"} == names(read(lock_of(one, on)))


@pytest.mark.parametrize(("one", "on"), LOCKED)
def test_every_interpreter_finds_a_wheel_with_a_hash(one, on):
    tags = {*on.tags, "any"}
    for pin in read(lock_of(one, on)):
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pin.wheels.values())
        for python in PYTHONS.values():
            fitting = {
                file
                for file in pin.wheels
                for tag in parse_wheel_filename(file)[3]
                if tag.platform in tags and runs_on(tag, python)
            }
            assert fitting, f"{pin.name}: no wheel for Python {python} on {on.name}"


def runs_on(tag, python):
    short = python.replace(".", "")
    older = int(tag.interpreter[3:] or 0) <= int(short[1:]) if tag.interpreter.startswith("cp3") else True
    return tag.interpreter in (f"cp{short}", "py3") or (tag.abi == "abi3" and older)


@pytest.mark.parametrize(("one", "on"), LOCKED)
def test_versions_are_those_of_the_suite(one, on):
    pinned = dict(
        line.split("==") for line in (ROOT / "tests/constraints.txt").read_text().splitlines() if "==" in line
    )
    known = {canonicalize_name(name): version for name, version in pinned.items()}
    differing = {
        pin.name: pin.version
        for pin in read(lock_of(one, on))
        if pin.name != "pip" and known.get(canonicalize_name(pin.name)) != pin.version
    }
    assert not differing


def test_extras_that_a_platform_lacks_are_said():
    gateway = SETS["gateway"]
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(gateway.extras) <= set(declared)
    assert set(gateway.extras) - set(gateway.extras_on("armv7")) == {"demo"}
    assert set(PLATFORMS) == {"x86_64", "arm64", "armv7"}


def test_a_lock_is_read_as_it_is_written(tmp_path):
    pins = [
        Pin("one", "1.0", {"one-1.0-py3-none-any.whl": "a" * 64}),
        Pin("two", "2", {"b.whl": "b", "c.whl": "c"}),
    ]
    (tmp_path / "lock.txt").write_text("# Head.\n\n" + "\n".join(pin.text for pin in pins))
    assert read(tmp_path / "lock.txt") == pins
