"""Whose the files are that a command makes (gateway.dumps.owner)."""

import os

import pytest

from gateway.dumps.owner import as_owner_of

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@root
def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path):
    tmp_path.chmod(0o777)
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent != parent.parent and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    with as_owner_of(folder):
        (folder / "file").write_bytes(b"x")
    assert ((folder / "file").stat().st_uid, os.geteuid()) == (65534, 0)


@root
def test_it_is_root_again_after_an_error(tmp_path):
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(KeyError), as_owner_of(tmp_path):
        raise KeyError
    assert os.geteuid() == 0


def test_in_a_folder_of_ones_own_nothing_changes(tmp_path):
    with as_owner_of(tmp_path):
        (tmp_path / "file").write_bytes(b"x")
    assert (tmp_path / "file").stat().st_uid == os.geteuid()
