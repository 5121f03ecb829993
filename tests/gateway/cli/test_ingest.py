"""meterd ingest: where its addresses and passwords come from; what it does is in tests/gateway/master."""

import json

import pytest


@pytest.mark.parametrize("way", ["option", "settings", "credential", "environment"])
def test_the_password_of_the_database(meterd, postgres_server, mosquitto, tmp_path, monkeypatch, way):
    guarded = postgres_server.guarded("p@ss/word")
    file = tmp_path / "database.password"
    file.write_text("p@ss/word\n")
    more = {
        "settings": 'database_password_file = "database.password"\n',
        "credential": 'database_password_credential = "database.password"\n',
    }.get(way, "")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    if way == "environment":
        monkeypatch.setenv("PGPASSWORD", "p@ss/word")
    config = tmp_path / "master.toml"
    config.write_text(
        f'[gateway]\nname = "master"\n[master]\nbroker = "{mosquitto.url}"\ndatabase = "{guarded}"\n{more}'
    )
    options = ["--database-password-file", file] if way == "option" else []
    done = meterd("ingest", "-c", config, *options, "--idle-exit", "0.1", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["database_losses"] == 0
    assert "serving" in done.stderr
    assert "p@ss" not in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "-c FILE with [master]"),
        (["--broker", "http://h", "--database", "sqlite:///x"], "http://h: expected mqtt://HOST:PORT"),
        (["--broker", "mqtt://h:99999", "--database", "sqlite:///x"], "expected mqtt://HOST:PORT"),
        (["--broker", "mqtt://h", "--database", "mysql://h"], "mysql://h: expected sqlite:///PATH"),
        (
            ["--broker", "mqtt://h", "--database", "sqlite:///x", "--database-password-file", "none"],
            "No such file",
        ),
    ],
)
def test_bad_input(meterd, arguments, told):
    done = meterd("ingest", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
