"""Where a sandbox refuses to ask the kernel, the flag of systemd-timesyncd is believed (gateway.clock)."""

from gateway.clock import SystemClock


def sandboxed(flag):
    clock = SystemClock()
    clock._trusted, clock._adjtimex, clock._flag = False, lambda _: -1, flag
    return clock


def test_the_flag_counts_where_the_kernel_may_not_be_asked(tmp_path):
    assert not sandboxed(tmp_path / "synchronized").synced()
    (tmp_path / "synchronized").touch()
    assert sandboxed(tmp_path / "synchronized").synced()
