"""`meterd reload` where no daemon is; the rest is in tests/gateway/test_app.py."""


def test_nobody_is_there_and_no_configuration_is_said_to_be_in_force(meterd, config):
    done = meterd("reload", "-c", config())
    assert done.exit_code == 1
    assert "no daemon answers" in done.stderr
    assert "gateway.state_dir" in done.stderr
    assert "stays in force" not in done.stderr
    (told,) = meterd("reload", "-c", config(), "--json").objects
    assert told["ok"] is False
    assert "no daemon answers" in told["problems"][0]
