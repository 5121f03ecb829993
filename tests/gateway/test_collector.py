"""How often Python looks for garbage (gateway.collector)."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.collector import collect_rarely, give_back, share_heap


@pytest.fixture
def as_before():
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_before")
def test_what_is_there_is_left_alone_and_garbage_is_still_found():
    class Ring:
        found = 0

        def __del__(self):
            Ring.found += 1

    collect_rarely()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] >= 50_000
    for _ in range(60_000):
        one = Ring()
        one.itself = one
    assert Ring.found > 0


def test_threads_share_one_heap_where_the_c_library_lets_them(tmp_path):
    """A program of its own: many threads allocate, the library counts its heaps."""
    program = """
import ctypes, sys, threading
from gateway.collector import share_heap
done = share_heap()
hold = []
threads = [threading.Thread(target=lambda: hold.append([bytes(2000) for _ in range(500)])) for _ in range(8)]
[t.start() for t in threads], [t.join() for t in threads]
libc = ctypes.CDLL(None)
if done:
    libc.fopen.restype = ctypes.c_void_p
    out = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
    libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.malloc_info(0, out)
    libc.fclose(out)
"""
    found = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", program, str(found)], check=True, cwd=Path(__file__).parents[2])
    assert share_heap() is found.exists()
    assert not found.exists() or found.read_text().count("<heap nr=") == 1


def test_what_is_free_at_the_end_goes_back_by_itself():
    """A program of its own: by itself the C library keeps twice the largest piece that was ever given back."""
    program = """
from gateway.collector import share_heap
from tests.gateway.test_collector import resident
done = share_heap()
del (piece := [bytes(16_000_000)])[:]
before = resident()
hold = [bytes(100_000) for _ in range(100)]
del hold
print(done, resident() - before)
"""
    given = [sys.executable, "-c", program]
    found = subprocess.run(given, check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    done, kept = found.stdout.split()
    assert done == str(share_heap())
    assert done == "False" or int(kept) < 2_000


def test_free_memory_goes_back():
    """As much as was asked for in small pieces, which no munmap frees by itself."""
    hold = [bytes(1000) for _ in range(40_000)]
    kept = hold[-1]
    before = resident()
    del hold
    if give_back():
        assert resident() < before - 20_000
    assert kept


def resident() -> int:
    """VmRSS in KiB."""
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))
