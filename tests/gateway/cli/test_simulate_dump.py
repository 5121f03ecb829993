"""`meterd simulate dump`."""

from gateway.dumps.check import Judging, check
from tests.gateway.dumps.toy import NOW, SHAPE


def test_it_writes_what_import_reads(meterd, tmp_path):
    path = tmp_path / "dump.txt"
    assert meterd("simulate", "dump", "fixed", "-o", path, "--rows", 50).exit_code == 0
    assert check(path, SHAPE, Judging(now=NOW)).rows == 50
    assert meterd("simulate", "dump", "none", "-o", path).exit_code == 2
    assert meterd("simulate", "dump", "fixed", "-o", path, "--fault", "none").exit_code == 2
    assert meterd("simulate", "dump", "fixed", "-o", path, "--encoding", "none").exit_code == 2
    assert meterd("simulate", "dump", "fixed", "-o", tmp_path / "a" / "b").exit_code == 1
