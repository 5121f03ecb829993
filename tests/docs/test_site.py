"""The documentation as a site: every link and anchor of every page leads somewhere."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(root: Path, into: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        str(root / "release" / "mkdocs.yml"),
    ]
    return subprocess.run(
        [*command, "-d", str(into)], capture_output=True, text=True, timeout=100, check=False
    )


def test_the_site_is_built_without_a_dead_link(tmp_path):
    done = build(ROOT, tmp_path)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.html")}
    assert {page for page in pages if page.parts[0] != "decisions"} <= made


def test_a_dead_link_and_a_dead_anchor_end_the_build(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "release" / "mkdocs.yml", tmp_path / "release")
    for text in ("[x](nowhere.md)", "[x](index.md#nowhere)"):
        (tmp_path / "docs" / "index.md").write_text(f"# A\n\n{text}\n", "utf-8")
        done = build(tmp_path, tmp_path / "site")
        assert done.returncode != 0
        assert "nowhere" in done.stderr
