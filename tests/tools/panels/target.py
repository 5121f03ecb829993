"""One target: its link, its meters, what goes wrong on the line."""

from tests.tools.panels.panel import G, Panel, T, by_reason, share

__all__ = ["TARGET"]

TARGET = (
    Panel(
        name=("Link", "链路"),
        tells=("1: the target's link is open.", "1：采集点的链路已连接。"),
        unit="none",
        asks={f"meterd_target_up{T}": "{{target}}"},
    ),
    Panel(
        name=("Since the last answer", "距上次应答"),
        tells=(
            "Time since anything behind the target answered.",
            "距该采集点上一次有应答的时间。",
        ),
        unit="s",
        asks={f"time() - (meterd_target_last_success_timestamp_seconds{T} > 0)": "{{target}}"},
    ),
    Panel(
        name=("Dead meters", "无应答的电能表"),
        tells=(
            "Meters that count as dead and are tried once in a while.",
            "视为无应答、只偶尔试采的电能表数。",
        ),
        unit="none",
        asks={f"meterd_target_circuit_open{T}": "{{target}}"},
    ),
    Panel(
        name=("Use of the line", "线路占用"),
        tells=("Share of time the channel was busy.", "通道忙的时间比例。"),
        unit="percentunit",
        asks={f"meterd_bus_utilisation_ratio{T}": "{{target}}"},
    ),
    Panel(
        name=("Failures of orders", "失败的采集"),
        tells=(
            "Orders of which a point failed, by reason, on all targets of the gateway.",
            "网关全部采集点失败的采集，按原因。",
        ),
        unit="ops",
        asks=by_reason("meterd_poll_failures_total"),
    ),
    Panel(
        name=("Damaged frames", "损坏的报文"),
        tells=(
            "What was received and dropped, by reason, on all links of the gateway.",
            "网关全部链路收到后丢弃的内容，按原因。",
        ),
        unit="ops",
        asks=by_reason("meterd_frame_errors_total"),
    ),
    Panel(
        name=("Share of damaged frames", "损坏报文的比例"),
        tells=("Dropped, of all that was received.", "收到的内容中被丢弃的比例。"),
        unit="percentunit",
        asks={f"meterd:frame_errors:ratio30m{G}": "{{instance}}"},
    ),
    Panel(
        name=("Duration of orders", "采集耗时"),
        tells=(
            "How long an order takes, questions asked again included.",
            "一次采集所用的时间，含重试。",
        ),
        unit="s",
        asks=share("meterd_poll_duration_seconds"),
    ),
    Panel(
        name=("Orders", "采集次数"),
        tells=(
            "Orders carried out, questions asked again, and orders in flight.",
            "完成的采集、重试，以及进行中的采集。",
        ),
        unit="short",
        asks={
            f"rate(meterd_polls_total{G}[10m])": "{{instance}} orders/s",
            f"rate(meterd_poll_retries_total{G}[10m])": "{{instance}} retries/s",
            f"meterd_polls_in_flight{G}": "{{instance}} in flight",
        },
    ),
    Panel(
        name=("Bytes", "字节数"),
        tells=("Bytes received and sent on all links.", "全部链路收发的字节数。"),
        unit="Bps",
        asks={
            f"rate(meterd_rx_bytes_total{G}[10m])": "{{instance}} in",
            f"rate(meterd_tx_bytes_total{G}[10m])": "{{instance}} out",
        },
    ),
    Panel(
        name=("Links opened again", "链路重连"),
        tells=("Links and serial ports opened again within an hour.", "一小时内重新打开的链路和串口。"),
        unit="none",
        asks={
            f"increase(meterd_link_reopens_total{G}[1h])": "{{instance}} links",
            f"increase(meterd_serial_reopens_total{G}[1h])": "{{instance}} serial",
        },
    ),
    Panel(
        name=("Equipment that dials in", "拨入的设备"),
        tells=(
            "Connections within an hour, those refused by reason, and telephone calls by outcome.",
            "一小时内的连接、按原因拒绝的连接、按结果的电话呼叫。",
        ),
        unit="none",
        asks={
            f"increase(meterd_calls_total{G}[1h])": "{{instance}} calls",
            f"sum by (reason) (increase(meterd_calls_refused_total{G}[1h]))": "refused {{reason}}",
            f"sum by (reason) (increase(meterd_modem_calls_total{G}[1h]))": "modem {{reason}}",
        },
    ),
)
