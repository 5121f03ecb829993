"""The container recipe, as far as it can be judged without building an image."""

import re

import pytest

from release.deb import Deb
from release.lock import ROOT
from release.targets import PLATFORMS, SETS

KNOWN = {
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "LABEL",
    "RUN",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
}


def instructions(text):
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def recipe():
    return instructions((ROOT / "release/Containerfile").read_text(encoding="utf-8"))


def test_every_instruction_is_one(recipe):
    assert recipe[0][0] == "FROM"
    assert {name for name, _ in recipe} <= KNOWN


def test_it_begins_with_a_named_release_and_ends_without_root(recipe):
    given = dict(recipe)
    assert re.fullmatch(r"docker\.io/library/debian:12-slim", given["FROM"])
    assert given["USER"] == "meterd"
    assert given["ENTRYPOINT"] == '["/usr/bin/meterd"]'
    assert given["CMD"] == '["run", "-c", "/etc/meterd/meterd.toml"]'
    after = [name for name, _ in recipe][[name for name, _ in recipe].index("USER") :]
    assert "RUN" not in after


def test_it_takes_the_package_that_is_built(recipe):
    (copied,) = [words for name, words in recipe if name == "COPY"]
    source = copied.split()[0]
    for platform in PLATFORMS.values():
        name = Deb(content=SETS["gateway"], platform=platform, debian="12").file
        pattern = source.replace("${ARCHITECTURE}", platform.debian)
        assert re.fullmatch(re.escape(pattern).replace(r"\*", "[^/_]*"), f"build/packages/{name}")


def test_nothing_secret_and_nothing_fetched_by_hand(recipe):
    text = " ".join(words for _, words in recipe)
    assert not re.search(r"curl|wget|https?:|password|key=", text)
