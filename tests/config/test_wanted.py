"""Which memory a task reads (config.wanted)."""

import pytest

from config.models import load_model
from config.schema import Task
from config.wanted import memory_of, why_not


@pytest.mark.parametrize(
    ("every", "source", "model", "memory"),
    [
        ("15m", "auto", "dlt645-2007", "live"),
        ("1d", "auto", "dlt645-2007", "freeze"),
        ("1d", "auto", "dlt645-1997", "live"),
        ("1mo", "auto", "dlt645-1997", "settlement"),
        ("1mo", "auto", "low-tariff-1997", "live"),
        ("1d", "load_record", "dlt645-2007", "load_record"),
    ],
)
def test_memory(every, source, model, memory):
    task = Task(name="t", targets=("a",), points=("b",), every=every, source=source)
    assert memory_of(task, load_model(model)) == memory


def test_why_not():
    assert why_not("meter", "dlt645-2007", "", "live", "1-0:1.8.0") == ""
    assert "no daily freezes" in why_not("meter", "dlt645-1997", "", "freeze", "1-0:1.8.0")
    assert "load record" in why_not("meter", "dlt645-2007", "single-phase-2007", "load_record", "1-0:1.8.0")
