"""What the page shows of a report, and the whole report for download: two files for each upload."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

__all__ = ["FIGURES", "SHOWN", "Views", "shown", "summary"]

FIGURES = ("rows", "accepted", "unread", "quarantined", "duplicates", "withheld", "exchanges", "meters")
"""Counts of a report that the record keeps."""

SHOWN = 200
"""Rows, findings and meters of a report that a page lists; the rest is in the download."""
_NUMBER = re.compile(r"[0-9]{6}-[0-9A-F]{6}")
_KEPT = 400
_MAX_VIEW = 4 * 1024 * 1024


def shown(report: dict[str, Any]) -> dict[str, Any]:
    """The part of a report (as JSON) that a page shows: the worst findings, the first rows."""
    findings = sorted(report["findings"], key=lambda note: -note["severity"])
    part = {"findings": findings[:SHOWN], "quarantine": report["quarantine"][:SHOWN]}
    return report | part | {"unknown": report["unknown"][:SHOWN], "findings_all": len(findings)}


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """What the record keeps of a report: counts, profile, the first reason of a refusal, the import's receipt."""
    refused = report["refused"]
    figures = {name: report[name] for name in FIGURES} | {"unknown": report["unknown_meters"]}
    return {
        "ok": report["ok"],
        "figures": figures,
        "profile": report["profile"],
        "reason": refused[0]["reason"] if refused else "",
        "receipt": report["receipt"] or report["repeated"] or "",
    }


class Views:
    """A folder in which every name is a receipt's number that was made here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, number: str, report: dict[str, Any]) -> dict[str, Any]:
        """Keep a report; returns what is shown of it."""
        view = shown(report)
        for suffix, content in ((".report.json", report), (".view.json", view)):
            part = self._path(number, ".part")
            handle = os.open(
                part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, separators=(",", ":"))
            part.replace(self._path(number, suffix))
        self._tidy()
        return view

    def get(self, number: str) -> dict[str, Any] | None:
        """What is shown of a report; None where it is not kept any more."""
        path = self._path(number, ".view.json")
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(_MAX_VIEW))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def report(self, number: str) -> Path | None:
        """The file with the whole report, if it is kept."""
        path = self._path(number, ".report.json")
        return path if path.is_file() else None

    def free(self) -> int:
        """Bytes that are free where uploads and reports lie."""
        return shutil.disk_usage(self._folder).free

    def _tidy(self) -> None:
        found = sorted(self._folder.glob("*.view.json"), key=lambda path: path.stat().st_mtime)
        for path in found[:-_KEPT]:
            path.unlink(missing_ok=True)
            path.with_name(path.name.replace(".view.", ".report.")).unlink(missing_ok=True)

    def _path(self, number: str, suffix: str) -> Path:
        if not _NUMBER.fullmatch(number):
            raise ValueError(number)
        return self._folder / f"{number}{suffix}"
