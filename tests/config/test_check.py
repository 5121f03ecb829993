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
        ('[metrics]\nlisten = "local host:1"\n', "metrics.listen"),
        ('[uplink]\nversion = "3.1.1"\nack = "broker"\n', "uplink.ack"),
        ('[uplink]\nbroker = "http://h"\n', "uplink.broker"),
        ('[uplink]\nbroker = "mqtt://h:٣"\n', "uplink.broker"),
        (f'[uplink]\nbroker = "mqtt://{"h" * 64}"\n', "uplink.broker"),
        ('[uplink]\nca_file = "none.pem"\n', "uplink.ca_file"),
        ('[time_set]\nat = "29:30"\n', "time_set.at"),
        ('[time_set]\nat = "03:58"\n', "time_set.at"),
        ('[master]\nbroker = "mqtt://h"\ndatabase = "mysql://h"\n', "master.database"),
        (
            (
                '[master]\nbroker = "mqtt://h"\ndatabase = "sqlite:///m"\n'
                '[[master.route]]\ndatabase = "mysql://h"\nkeys = ["line"]\n'
            ),
            "master.route",
        ),
        (
            (
                '[master]\nbroker = "mqtt://h"\ndatabase = "sqlite:///m"\n'
                '[[master.route]]\ndatabase = "sqlite:///m"\nkeys = ["line"]\n'
            ),
            "master.route",
        ),
        (
            '[master]\nbroker = "mqtt://h"\ndatabase = "sqlite:///m"\nmetrics = "9646"\n',
            "master.metrics",
        ),
        ('[dumps]\nport = "com1"\n', "dumps.port"),
        ('[dumps]\nport = "serial:/dev/ttyS1?baud=9600"\n', "dumps.port"),
        ('[[target]]\nname = "line3"\ndriver = "meter"\nlink = "tcp://h:1"\n', "target.1.name"),
        ('[[task]]\nname = "a"\ntargets = ["line3"]\npoints = ["FFFFFFFF"]\nevery = "1d"\n', "task.1.points"),
    ],
)
def test_each_mistake_has_its_key(folder, more, key):
    assert keys(folder, more) == [key]
    assert folder.problems()[0].line > len(TOML.splitlines())


def test_a_key_may_come_from_one_place_only(folder):
    (folder.path.parent / "k.pem").write_text("k")
    (folder.path.parent / "k.pem").chmod(0o600)
    assert keys(folder, '[uplink]\nkey_file = "k.pem"\nkey_credential = "mqtt.key"\n') == [
        "uplink.key_credential"
    ]


MASTER = '[master]\nbroker = "mqtt://h"\ndatabase = "{}"\n'


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (MASTER.format("postgresql://meterd:c4n4ry@h/db"), "master.database"),
        (MASTER.format("postgresql://h/db?user=meterd&password=c4n4ry"), "master.database"),
        (
            MASTER.format("sqlite:///m.db") + 'database_password_credential = "db"\n',
            "master.database_password_file",
        ),
        (
            MASTER.format("sqlite:///m.db") + 'database_password_file = "p"\n',
            "master.database_password_file",
        ),
        (
            MASTER.format("postgresql://h/db") + 'password_file = "p"\npassword_credential = "mqtt"\n',
            "master.password_credential",
        ),
    ],
)
def test_where_a_master_takes_its_passwords_from(folder, more, key):
    (folder.path.parent / "p").write_text("c4n4ry")
    assert keys(folder, more) == [key]
    assert "meterd:c4n4ry" not in str(folder.problems()[0])
    assert "password=" not in str(folder.problems()[0])


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


@pytest.mark.parametrize(
    "url", ["mqtt://h", "mqtts://h:8883", "mqtt://192.0.2.1/", "mqtt://[::1]", "mqtt://[::1]:1"]
)
def test_brokers(folder, url):
    folder.toml = TOML + f'[uplink]\nbroker = "{url}"\n'
    assert folder.load().settings.uplink.broker == url


@pytest.mark.parametrize("listen", ["", "127.0.0.1:0", ":9645", "[::]:9645"])
def test_addresses_to_listen_at(folder, listen):
    folder.toml = TOML + f'[metrics]\nlisten = "{listen}"\n'
    assert folder.load().settings.metrics.listen == listen


def test_a_state_folder_that_no_system_has(folder):
    folder.toml = TOML.replace('name = "so-001"', 'name = "so-001"\nstate_dir = "a\\u0000b"')
    assert folder.problem().key == "gateway.state_dir"


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("[store]\nballast_bytes = 0\n", "store.ballast_bytes"),
        ('[[target]]\nname = "line4"\ndriver = "meter"\nlink = "tcp://h:1"\n', "target.1.name"),
        ("[review.industri]\nstill_days = 3\n", "review.industri"),
    ],
)
def test_what_works_and_is_hardly_meant_is_a_warning(folder, more, key):
    folder.archive["meters.csv"] = (
        "asset_no,address,protocol,target,customer_class\nM1,1,dlt645-2007,line3,industry\n"
    )
    assert folder.load().warnings == ()
    folder.toml = TOML + more
    (warning,) = folder.load().warnings
    assert (warning.key, warning.line is not None) == (key, True)


def test_a_file_beside_the_tables_that_is_not_read_is_a_warning(folder):
    folder.archive["relation.csv"] = ""
    assert folder.load().warnings[0].file.endswith("relation.csv")


def test_a_target_without_meters_is_a_warning(folder):
    folder.archive["meters.csv"] = "asset_no,address,protocol,target\n"
    assert [warning.key for warning in folder.load().warnings] == ["target.0.name"]


def test_files_of_the_uplink_are_what_their_keys_say(folder):
    (folder.path.parent / "x.pem").write_text("-----BEGIN PRIVATE KEY-----")
    (folder.path.parent / "x.pem").chmod(0o644)
    assert keys(folder, '[uplink]\nca_file = "x.pem"\ncert_file = "x.pem"\nkey_file = "x.pem"\n') == [
        "uplink.ca_file", "uplink.cert_file", "uplink.key_file"
    ]  # fmt: skip
    (folder.path.parent / "x.pem").chmod(0o640)
    folder.toml = TOML + '[uplink]\nkey_file = "x.pem"\n'
    assert folder.load()
