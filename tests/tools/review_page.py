"""Writes the table of rules of docs/review.md and its Chinese twin: python -m tests.tools.review_page."""

import re
import sys
from pathlib import Path

from gateway.review.rules import RULES

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs/review.md", "zh": ROOT / "docs/zh/review.md"}
_BEGIN, _END = "<!-- rules -->\n", "<!-- /rules -->"
_HEADS = {
    "en": "| rule | what | limits | severity | on site |",
    "zh": "| 规则 | 内容 | 限值 | 级别 | 现场检查 |",
}


def made(language: str) -> str:
    """The table."""
    rows = [_HEADS[language], "|---|---|---|---|---|"]
    for rule in RULES:
        what, look = (rule.what_zh, rule.zh) if language == "zh" else (rule.what, rule.en)
        keys = ", ".join(f"`{key}`" for key in rule.keys)
        rows.append(f"| {rule.id} | {what} | {keys} | {rule.severity} | {look} |")
    return "\n".join(rows) + "\n"


def kept(page: Path) -> str:
    """The table that stands on the page."""
    found = re.search(f"{_BEGIN}(.*?){_END}", page.read_text(encoding="utf-8"), re.S)
    return found[1] if found else ""


def main() -> int:
    for language, page in PAGES.items():
        text = page.read_text(encoding="utf-8")
        head, rest = text.split(_BEGIN)
        page.write_text(head + _BEGIN + made(language) + _END + rest.split(_END)[1], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
