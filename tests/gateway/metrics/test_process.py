"""What a process shows of itself (gateway.metrics.process)."""

import time

import psutil
import pytest
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics.process import process


def shown(**given):
    """Families by name."""
    return {one.name: one for one in text_string_to_metric_families("".join(process(**given)))}


def test_the_process_is_shown_where_the_unit_hides_proc_stat(tmp_path):
    (tmp_path / "self").symlink_to("/proc/self")
    values = {name: one.samples[0].value for name, one in shown(proc=tmp_path).items()}
    assert values["process_resident_memory_bytes"] > 1e6
    assert values["process_open_fds"] > 2
    started = values["process_start_time_seconds"]
    assert abs(started - psutil.Process().create_time()) < 5
    assert started < time.time()


def test_names_kinds_texts_and_values_are_those_of_the_client_library():
    library = {one.name: one for one in ProcessCollector(registry=CollectorRegistry()).collect()}
    ours = shown()
    assert ours.keys() == library.keys()
    for name, one in library.items():
        mine = ours[name]
        assert (mine.type, mine.documentation) == (one.type, one.documentation)
        assert [sample.name for sample in mine.samples] == [sample.name for sample in one.samples]
        assert mine.samples[0].value == pytest.approx(one.samples[0].value, rel=0.2, abs=3)


def test_without_proc_nothing_is_shown(tmp_path):
    assert shown(proc=tmp_path) == {}
