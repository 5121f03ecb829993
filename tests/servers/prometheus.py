"""A Prometheus of Debian's package with the reference configuration, scraping every half second."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.mosquitto import free_port

REFERENCE = Path(__file__).parents[2] / "docs/reference/prometheus"
_READY_SECONDS = 60.0


@dataclass
class Prometheus:
    """A running server; `ask` evaluates an expression now."""

    port: int

    def get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{query}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def ask(self, expression: str) -> list[tuple[dict[str, str], float]]:
        found = self.get("/api/v1/query", query=expression)["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def until(self, expression: str, enough: int) -> None:
        """Wait until an expression gives so many series."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                if len(self.ask(expression)) >= enough:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                pytest.fail(f"{expression} does not come to {enough} series")
            time.sleep(0.1)


def _configuration(jobs: Mapping[str, str]) -> dict[str, Any]:
    """The reference with other addresses, at a faster pace and without an Alertmanager."""
    found = yaml.safe_load((REFERENCE / "prometheus.yml").read_text("utf-8"))
    found["global"] |= {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    found["rule_files"] = [str(REFERENCE / name) for name in found["rule_files"]]
    del found["alerting"]
    for job in found["scrape_configs"]:
        job["static_configs"][0]["targets"] = [jobs[job["job_name"]]]
    return found


@contextmanager
def prometheus(folder: Path, jobs: Mapping[str, str]):
    """A server that scrapes these addresses, by name of the job."""
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(jobs)), "utf-8")
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield Prometheus(port)
    finally:
        process.kill()
        process.wait()
