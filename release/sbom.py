"""The bill of materials: CycloneDX 1.6, written from the lock files and the wheels' own metadata."""

import email
import json
import re
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release.lock import Pin

__all__ = ["text"]

_SPACE = uuid.UUID("5f0a7f0e-6c0c-5d2b-9d9f-6a1c2f6d9b10")


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"


def _licences(wheel: Path) -> list[dict[str, Any]]:
    """What the wheel says of itself; nothing where it says nothing that has a name."""
    with zipfile.ZipFile(wheel) as opened:
        name = next(one for one in opened.namelist() if one.endswith(".dist-info/METADATA"))
        said = email.message_from_string(opened.read(name).decode())
    if expression := said.get("License-Expression"):
        return [{"expression": expression}]
    given = [
        one.rpartition(" :: ")[2] for one in said.get_all("Classifier", []) if one.startswith("License :: ")
    ]
    told = said.get("License", "").strip()
    names = [one for one in given if one != "OSI Approved"] or ([told] if 0 < len(told) < 100 else [])
    return [{"license": {"name": one}} for one in names]


def _component(pin: Pin, platforms: Sequence[str], wheels: Path) -> dict[str, Any]:
    purl = _purl(pin.name, pin.version)
    known = next((wheels / name for name in pin.wheels if (wheels / name).exists()), None)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "purl": purl,
        "licenses": _licences(known) if known else [],
        "properties": [{"name": "meterd:for", "value": one} for one in platforms],
        "externalReferences": [
            {"type": "distribution", "url": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
            for name, digest in sorted(pin.wheels.items())
        ],
    }


def text(locks: Mapping[str, Sequence[Pin]], wheels: Path, version: str, epoch: int) -> str:
    """JSON of everything in these locks, named by what they are for; the same input gives the same text."""
    merged: dict[str, Pin] = {}
    used: dict[str, list[str]] = {}
    for name, pins in locks.items():
        for pin in pins:
            key = _purl(pin.name, pin.version)
            known = merged.setdefault(key, Pin(pin.name, pin.version))
            known.wheels |= pin.wheels
            used.setdefault(key, []).append(name)
    root = _purl("meterd", version)
    components = [_component(merged[key], used[key], wheels) for key in sorted(merged)]
    serial = uuid.uuid5(_SPACE, json.dumps([root, components]))
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "meterd",
                "version": version,
                "purl": root,
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": [one["bom-ref"] for one in components]}],
    }
    return json.dumps(bom, indent=1, ensure_ascii=False) + "\n"
