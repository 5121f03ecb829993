"""The rules that an operator's Prometheus loads: valid, tried out case by case, explained, and about what exists."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from gateway.master.metrics import METRICS as MASTER
from gateway.metrics.edge import METRICS as EDGE
from tests.docs.alert_cases import ALWAYS, CASES

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "reference/prometheus"
FILES = [FOLDER / f"meterd-{name}.yml" for name in ("gateway", "ingest", "inventory")]
ANNOTATIONS = ["summary", "summary_zh", "description", "description_zh", "runbook_url", "runbook_url_zh"]
SEVERITIES = ("critical", "warning", "info", "none")


def rules():
    groups = [group for file in FILES for group in yaml.safe_load(file.read_text("utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDS = {rule["record"] for rule in rules() if "record" in rule}
NAMES = sorted({rule["alert"] for rule in ALERTS})


def exported():
    """Names of all series that an exporter gives."""
    found = set()
    for name, (kind, _) in {**EDGE.kinds, **MASTER.kinds}.items():
        parts = ("_bucket", "_count", "_sum") if kind == "histogram" else ("",)
        found |= {f"meterd_{name}{part}" for part in parts}
    return found


def named(expression):
    """Our metrics and records in an expression."""
    return set(re.findall(r"\bmeterd[_:][\w:]+", expression))


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_promtool_accepts_the_rules_and_the_configuration():
    code, said = promtool("check", "rules", *FILES)
    assert code == 0, said
    code, said = promtool("check", "config", FOLDER / "prometheus.yml")
    assert code == 0, said


def trial(name, series, severities, case):
    return {
        "name": name,
        "interval": case.step,
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count by (severity) (ALERTS{{alertname="{name}",alertstate="firing"}})',
                "eval_time": case.at,
                "exp_samples": [{"labels": f'{{severity="{one}"}}', "value": 1} for one in severities],
            }
        ],
    }


def needed(name):
    """The rules of one alert and the records that they look at, so that nothing else has to be computed."""
    found = [rule for rule in ALERTS if rule["alert"] == name]
    looked = {one for rule in found for one in named(rule["expr"])}
    return [rule for rule in rules() if rule.get("record") in looked] + found


def tried(folder, name, tests, step="1m"):
    """What promtool says of trials of one alert."""
    groups = {"groups": [{"name": name, "rules": needed(name)}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(groups), "utf-8")
    content = {"rule_files": ["rules.yml"], "evaluation_interval": step, "tests": tests}
    (folder / "tests.yml").write_text(yaml.safe_dump(content), "utf-8")
    return promtool("test", "rules", folder / "tests.yml")


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires_when_it_should_and_only_then(name, tmp_path):
    case, both = CASES[name], CASES[name].both or {}
    tests = [trial(name, {**both, **case.fires}, case.severities, case)]
    if name not in ALWAYS:
        tests.append(trial(name, {**both, **case.quiet}, (), case))
    code, said = tried(tmp_path, name, tests, case.step)
    assert code == 0, said


def test_a_wrong_expectation_would_be_noticed(tmp_path):
    case = CASES["GatewayDown"]
    for series, severities in ((case.quiet, case.severities), (case.fires, ())):
        code, said = tried(tmp_path, "GatewayDown", [trial("GatewayDown", series, severities, case)])
        assert code == 1, said


def test_every_alert_has_its_cases_and_they_are_about_what_it_looks_at():
    assert set(CASES) == set(NAMES)
    records = {rule["record"]: named(rule["expr"]) for rule in rules() if "record" in rule}
    for rule in ALERTS:
        case = CASES[rule["alert"]]
        looked = named(rule["expr"]) | {deep for one in named(rule["expr"]) for deep in records.get(one, ())}
        for given in (case.fires, case.quiet) if rule["alert"] not in ALWAYS else ():
            series = {one.partition("{")[0] for one in {**(case.both or {}), **given}}
            assert series <= looked | {"up"}
            assert series


def test_rules_are_about_metrics_that_there_are():
    known = exported() | RECORDS
    for rule in rules():
        assert named(rule["expr"]) <= known, rule
    assert named('rate(meterd_x_total[5m]) / meterd:y:ratio{a="b"}') == {"meterd_x_total", "meterd:y:ratio"}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_tells_what_it_is_in_both_languages(rule):
    notes = rule["annotations"]
    assert list(notes) == ANNOTATIONS
    assert rule["labels"]["severity"] in SEVERITIES
    for key in ("summary", "description"):
        assert not re.search(r"[一-鿿]", notes[key])
        assert re.search(r"[一-鿿]", notes[f"{key}_zh"])
        places = [re.findall(r"{{.*?}}", notes[one]) for one in (key, f"{key}_zh")]
        assert sorted(places[0]) == sorted(places[1])


def test_texts_are_filled_in_and_addresses_begin_where_the_operator_says(tmp_path):
    case = CASES["OutboxFilling"]
    given = {**(case.both or {}), **case.fires}
    labels = {"job": "meterd", "instance": "so-001", "severity": "critical"}
    critical = next(
        r for r in ALERTS if r["alert"] == "OutboxFilling" and r["labels"]["severity"] == "critical"
    )
    warning = next(
        r for r in ALERTS if r["alert"] == "OutboxFilling" and r["labels"]["severity"] == "warning"
    )
    for external, base in (
        ({}, "/usr/share/doc/meterd"),
        ({"meterd_docs": "https://manual.example"}, "https://manual.example"),
    ):

        def shown(rule, base=base):
            notes = rule["annotations"].items()
            texts = {
                key: re.sub(r"{{ or .*? }}", base, text).replace("{{ $labels.instance }}", "so-001")
                for key, text in notes
            }
            return {
                "exp_labels": {**labels, "severity": rule["labels"]["severity"]},
                "exp_annotations": texts,
            }

        one = {
            "interval": "1m",
            "external_labels": external,
            "input_series": [{"series": series, "values": values} for series, values in given.items()],
            "alert_rule_test": [
                {
                    "eval_time": case.at,
                    "alertname": "OutboxFilling",
                    "exp_alerts": [shown(critical), shown(warning)],
                }
            ],
        }
        code, said = tried(tmp_path, "OutboxFilling", [one])
        assert code == 0, said
