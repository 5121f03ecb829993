"""The bill of materials names everything that is locked, with its licence and its files."""

import json
import zipfile

from release import sbom
from release.lock import Pin, lock_of, read
from release.targets import combinations


def bom(tmp_path):
    locks = {f"{one.name}-{on.name}": read(lock_of(one, on)) for one, on in combinations()}
    return locks, json.loads(sbom.text(locks, tmp_path, "0.1.0", 1790000000))


def test_everything_locked_is_in_it_once(tmp_path):
    locks, found = bom(tmp_path)
    wanted = {(pin.name, pin.version) for pins in locks.values() for pin in pins}
    listed = [(one["name"], one["version"]) for one in found["components"]]
    assert sorted(listed) == sorted(wanted)
    files = {pair for pins in locks.values() for pin in pins for pair in pin.wheels.items()}
    assert files == {
        (ref["url"], ref["hashes"][0]["content"])
        for one in found["components"]
        for ref in one["externalReferences"]
    }
    psycopg = next(one for one in found["components"] if one["name"] == "psycopg")
    assert [one["value"] for one in psycopg["properties"]] == ["master-x86_64", "master-arm64"]


def test_it_has_what_the_format_demands(tmp_path):
    _, found = bom(tmp_path)
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    assert found["serialNumber"].startswith("urn:uuid:")
    references = [one["bom-ref"] for one in found["components"]]
    assert len(set(references)) == len(references)
    assert found["dependencies"] == [{"ref": "pkg:pypi/meterd@0.1.0", "dependsOn": references}]
    assert sbom.text({}, tmp_path, "1", 0) == sbom.text({}, tmp_path, "1", 0)


def test_licences_come_from_the_wheels(tmp_path):
    said = {
        "a": "License-Expression: MIT OR Apache-2.0\n",
        "b": "License: BSD\nClassifier: License :: OSI Approved :: BSD License\n",
        "c": "License: " + "long text " * 50 + "\n",
        "d": "License: © Müller, MIT\n",
    }
    pins = []
    for name, line in said.items():
        with zipfile.ZipFile(tmp_path / f"{name}.whl", "w") as wheel:
            wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\n{line}\n")
        pins.append(Pin(name, "1", {f"{name}.whl": "0" * 64}))
    found = json.loads(sbom.text({"x": pins}, tmp_path, "1", 0))["components"]
    assert [one["licenses"] for one in found] == [
        [{"expression": "MIT OR Apache-2.0"}],
        [{"license": {"name": "BSD License"}}],
        [],
        [{"license": {"name": "© Müller, MIT"}}],
    ]
