"""The reference files for a cluster of EMQX, which does not run here: their form, and what they allow."""

import re
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_acl_confines_each_gateway_to_its_own_topics():
    text = (REFERENCE / "emqx.acl").read_text("utf-8")
    rules = [line for line in text.splitlines() if line and not line.startswith("%%")]
    assert all(re.fullmatch(r"\{(allow|deny), ?.*\}\.", rule) for rule in rules)
    assert rules[-1] == "{deny, all}."
    gateway = [rule for rule in rules if rule.startswith("{allow, all")]
    assert gateway == [
        '{allow, all, publish, ["meterd/v1/${username}/up/#"]}.',
        '{allow, all, subscribe, ["meterd/v1/${username}/down/#"]}.',
    ]
    # EMQX holds a shared subscription against its topic without `$share/GROUP/`, and a name need not end with a match.
    assert not any("$share" in rule for rule in rules)
    assert rules[0] == '{allow, {username, {re, "^meterd-master$"}}, subscribe, ["meterd/v1/+/up/#"]}.'
    for rule in rules:
        assert rule.count("{") == rule.count("}")
        assert rule.count("[") == rule.count("]")


def test_the_configuration_asks_for_certificates_and_refuses_what_no_rule_allows():
    text = (REFERENCE / "emqx.conf").read_text("utf-8")
    assert text.count("{") == text.count("}")
    assert text.count("[") == text.count("]")
    for wanted in (
        "verify = verify_peer",
        "fail_if_no_peer_cert = true",
        "no_match = deny",
        "max_mqueue_len = infinity",
    ):
        assert wanted in text
    assert 'path = "/etc/emqx/emqx.acl"' in text
