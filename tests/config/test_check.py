"""What must hold between settings (config.check)."""

import pytest

from tests.config.conftest import TOML


def keys(folder, more):
    folder.toml = TOML + more
    return [problem.key for problem in folder.problems()]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("[control]\nenabled = true\n", "control.enabled"),
        ('[metrics]\nlisten = "9645"\n', "metrics.listen"),
        ('[metrics]\nlisten = "127.0.0.1:99999"\n', "metrics.listen"),
        ('[uplink]\nversion = "3.1.1"\nack = "broker"\n', "uplink.ack"),
        ('[uplink]\nbroker = "http://h"\n', "uplink.broker"),
        ('[uplink]\nca_file = "none.pem"\n', "uplink.ca_file"),
        ('[time_set]\nat = "29:30"\n', "time_set.at"),
        ('[time_set]\nat = "03:58"\n', "time_set.at"),
        ('[master]\nbroker = "mqtt://h"\ndatabase = "mysql://h"\n', "master.database"),
        ('[[target]]\nname = "line3"\ndriver = "meter"\nlink = "tcp://h:1"\n', "target.1.name"),
        ('[[task]]\nname = "a"\ntargets = ["line3"]\npoints = ["FFFFFFFF"]\nevery = "1d"\n', "task.1.points"),
    ],
)
def test_each_mistake_has_its_key(folder, more, key):
    assert keys(folder, more) == [key]
    assert folder.problems()[0].line > len(TOML.splitlines())


def test_a_key_may_come_from_one_place_only(folder):
    (folder.path.parent / "k.pem").write_text("k")
    assert keys(folder, '[uplink]\nkey_file = "k.pem"\nkey_credential = "mqtt.key"\n') == [
        "uplink.key_credential"
    ]


def test_a_zone_that_is_none_has_its_nearest(folder):
    folder.toml = TOML.replace('name = "so-001"', 'name = "so-001"\ntimezone = "Asia/Shangai"')
    assert folder.problem().nearest == "Asia/Shanghai"


def test_a_point_of_one_generation_is_enough(folder):
    folder.toml = TOML.replace('"1-0:1.8.0"', '"1-0:1.8.0", "B611", "dlt645-2007:02800004"')
    assert folder.load()


def test_a_point_outside_the_memory_that_the_task_reads(folder):
    folder.toml = TOML.replace('"15m"', '"1d"').replace("1-0:1.8.0", "1-0:32.7.0")
    folder.archive["meters.csv"] = "asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\n"
    assert "daily freeze" in folder.problem().message


def test_points_are_judged_before_there_are_meters(folder):
    folder.archive["meters.csv"] = "asset_no,address,protocol,target\n"
    assert folder.load()
    folder.toml = TOML.replace("1-0:1.8.0", "1-0:1.8.zero")
    assert folder.problem().key == "task.0.points"
