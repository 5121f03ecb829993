"""Meter models as data, `<model>.toml`, each with its own test vectors: ours and the user's."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from config.models.errors import ModelError
from protocols import PROTOCOLS

__all__ = [
    "ModelError",
    "known_models",
    "load_file",
    "load_folder",
    "load_model",
    "own_models",
    "protocol_of",
    "use_models",
]

_LARGEST = 1_048_576
# Models from the folder of the configuration in force; they go before those that come with the program.
# One entry that is exchanged as a whole: other threads look models up meanwhile.
_in_force: list[dict[str, dict[str, Any]]] = [{}]


@cache
def _shipped() -> tuple[str, ...]:
    files = (entry.name for entry in resources.files("config.models").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


@cache
def _protocol_shipped(name: str) -> str:
    return str(tomllib.loads(_text_shipped(name))["protocol"])


def _text_shipped(name: str) -> str:
    return resources.files("config.models").joinpath(f"{name}.toml").read_text(encoding="utf-8")


@cache
def _load_shipped(name: str) -> dict[str, Any]:
    """What comes with the program was checked by its tests; only a map of registers is made from its table here."""
    table = tomllib.loads(_text_shipped(name))
    return table if table["protocol"] in PROTOCOLS else _checked(name, table)


def _checked(name: str, table: dict[str, Any]) -> dict[str, Any]:
    # The rules take some MiB, which a gateway without models of its own has for meters.
    from config.models.form import checked

    return checked(name, table)


def known_models() -> tuple[str, ...]:
    """Names of all models."""
    own = _in_force[0]
    return tuple(sorted({*_shipped(), *own})) if own else _shipped()


def load_model(name: str) -> dict[str, Any]:
    """A model's table; raises KeyError for a name that is not known, ModelError for one that is not right."""
    if (own := _in_force[0].get(name)) is not None:
        return own
    if name not in _shipped():
        raise KeyError(name)
    return _load_shipped(name)


def protocol_of(name: str) -> str:
    """The protocol of a known model; its table is not kept for that."""
    own = _in_force[0].get(name)
    return str(own["protocol"]) if own is not None else _protocol_shipped(name)


def load_file(path: Path) -> dict[str, Any]:
    """The table of a model's file, whose name is the model's; raises ModelError."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise ModelError(f"{path}: larger than 1 MiB")
        return _checked(path.stem, tomllib.loads(raw.decode("utf-8-sig")))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {error}") from error


def load_folder(folder: Path) -> tuple[dict[str, dict[str, Any]], list[tuple[Path, str]]]:
    """The models of a folder by name, and which files are none, with the reason."""
    good: dict[str, dict[str, Any]] = {}
    bad: list[tuple[Path, str]] = []
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (OSError, ValueError) as error:
        return {}, [(folder, getattr(error, "strerror", None) or str(error))]
    for path in files:
        try:
            good[path.stem] = load_file(path)
        except ModelError as error:
            bad.append((path, str(error)))
    return good, bad


def own_models() -> Mapping[str, dict[str, Any]]:
    """One's own models in force."""
    return dict(_in_force[0])


def use_models(models: Mapping[str, dict[str, Any]]) -> None:
    """Put one's own models in force, in place of those before."""
    _in_force[0] = dict(models)
