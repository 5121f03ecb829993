"""`meterd plan`."""


def test_a_plan_that_fits(meterd, config):
    done = meterd("plan", "-c", config("serial:/dev/ttyS1?baud=2400&mode=8E1", meters=10), "--json")
    assert done.exit_code == 0
    (bus,) = done.objects[0]["buses"]
    assert bus["fits"]
    assert bus["baud"] == 2400
    assert bus["tasks"][0]["questions"] == 10
    assert 0 < bus["share"] < 0.1


def test_a_plan_that_cannot_fit_is_refused_with_its_figure(meterd, config):
    path = config("serial:/dev/ttyS1?baud=2400&mode=8E1", every="1m", meters=400)
    done = meterd("plan", "-c", path)
    assert done.exit_code == 1
    assert "link line3: 2" in done.stderr
    assert "of its time at 2400 baud" in done.stderr
    assert "every 5m fits for registers" in done.stderr
    assert "does not fit" in done.stdout
    refused = meterd("plan", "-c", path, "--json").objects[0]["buses"][0]
    assert not refused["fits"]
    assert "2400" in refused["advice"]


def test_a_broken_configuration_is_bad_input(meterd, tmp_path):
    path = tmp_path / "meterd.toml"
    path.write_text("[gateway\n")
    done = meterd("plan", "-c", path)
    assert done.exit_code == 2
    assert "meterd.toml" in done.stderr
