"""One gateway: what it read, what waits in its outbox, its clock, its machine."""

from tests.tools.panels.panel import G, Panel, by_reason, share

__all__ = ["GATEWAY"]

GATEWAY = (
    Panel(
        name=("State", "状态"),
        tells=(
            "1 is good: the daemon polls and stores; the uplink is connected; the last reload was taken over.",
            "1 为正常：守护进程在采集和存储；上行已连接；上次重新加载已生效。",
        ),
        unit="none",
        asks={
            f"meterd_ready{G}": "{{instance}} ready",
            f"meterd_mqtt_connected{G}": "{{instance}} uplink",
            f"meterd_config_last_reload_successful{G}": "{{instance}} reload",
        },
    ),
    Panel(
        name=("Read success", "采集成功率"),
        tells=(
            "Meters read in the last closed slots, of those due; and at the same time of the day before.",
            "最近结束的时段中采到的电能表占应采的比例，以及前一日同时刻。",
        ),
        unit="percentunit",
        asks={
            f"meterd:read_success:ratio{G}": "{{instance}}",
            f"meterd:read_success:ratio{G} offset 1d": "{{instance}} 1d",
        },
    ),
    Panel(
        name=("Why meters were not read", "未采到的原因"),
        tells=(
            "Orders that failed, by reason: timeout no answer, checksum damage, io link down, busy no time.",
            "失败的采集，按原因：timeout 无应答，checksum 报文损坏，io 链路断开，busy 来不及。",
        ),
        unit="ops",
        asks=by_reason("meterd_poll_failures_total"),
    ),
    Panel(
        name=("Backlog", "积压"),
        tells=("Rows that wait for the master.", "等待入库的行数。"),
        unit="short",
        asks={f"meterd_outbox_rows{G}": "{{instance}}"},
    ),
    Panel(
        name=("Oldest unsent reading", "最早的未传数据"),
        tells=(
            "How long the oldest batch has waited; 0 when nothing waits.",
            "最早一个批次已等待的时间；无待传为 0。",
        ),
        unit="s",
        asks={f"meterd:outbox_oldest:age_seconds{G}": "{{instance}}"},
    ),
    Panel(
        name=("Outbox size", "待发库大小"),
        tells=(
            "Size of the file and its cap; rows kept for replay count too.",
            "文件大小及上限；为重传保留的行也计入。",
        ),
        unit="bytes",
        asks={
            f"meterd_outbox_bytes{G}": "{{instance}}",
            f"meterd_outbox_limit_bytes{G}": "{{instance}} cap",
        },
    ),
    Panel(
        name=("From acceptance to commit", "从接收到入库"),
        tells=("How long batches take to the master and back.", "批次到达主站并得到确认的时间。"),
        unit="s",
        asks=share("meterd_uplink_ack_latency_seconds"),
    ),
    Panel(
        name=("Refused by the broker", "被消息代理拒收"),
        tells=(
            "Publishes that the broker refused or nobody received, by reason.",
            "被拒收或无人接收的发布，按原因。",
        ),
        unit="ops",
        asks=by_reason("meterd_mqtt_publish_rejected_total"),
    ),
    Panel(
        name=("Rows given up", "放弃的行"),
        tells=(
            "Rows dropped by class and reason, dead letters, and the difference of the books, which is 0.",
            "按类别和原因丢弃的行、死信，以及账目差额（应为 0）。",
        ),
        unit="short",
        asks={
            f"sum by (class, reason) (increase(meterd_outbox_dropped_total{G}[1h]))": "{{class}} {{reason}}",
            f"meterd_outbox_poison_rows{G}": "{{instance}} dead",
            f"meterd_custody_difference{G}": "{{instance}} difference",
        },
    ),
    Panel(
        name=("Clock", "时钟"),
        tells=(
            "1: the clock is known to be right; and seconds by which it was stepped within an hour.",
            "1：时钟已同步；以及一小时内跳变的秒数。",
        ),
        unit="none",
        asks={
            f"meterd_clock_synced{G}": "{{instance}} synced",
            f"increase(meterd_clock_step_seconds_total{G}[1h])": "{{instance}} stepped s",
        },
    ),
    Panel(
        name=("Meters' clocks", "表钟偏差"),
        tells=(
            "Share of clock readings within a day that were off by more than a minute, and by more than five.",
            "一天内表钟偏差超过一分钟和五分钟的次数比例。",
        ),
        unit="percentunit",
        asks={
            f"meterd:meter_clock_off_60s:ratio1d{G}": "{{instance}} > 60 s",
            f"meterd:meter_clock_off_300s:ratio1d{G}": "{{instance}} > 300 s",
        },
    ),
    Panel(
        name=("Certificates", "证书"),
        tells=("Time until the uplink's certificates end.", "上行证书的剩余时间。"),
        unit="s",
        asks={
            f"meterd_certificate_expiry_timestamp_seconds{G} - time()": "{{instance}} {{class}}",
        },
    ),
    Panel(
        name=("Slots late and missing", "晚采和缺采"),
        tells=(
            "Meters whose turn never came within an hour, values that wait for backfill, and values fetched later.",
            "一小时内没有轮到的电能表、等待补采的数据、已补采的数据。",
        ),
        unit="short",
        asks={
            f"increase(meterd_slots_missed_total{G}[1h])": "{{instance}} late",
            f"meterd_slots_missing{G}": "{{instance}} missing",
            f"increase(meterd_readings_backfilled_total{G}[1h])": "{{instance}} backfilled",
        },
    ),
    Panel(
        name=("Begin of slots", "时段的开始"),
        tells=(
            "How late the last slot began, and the length of a slot.",
            "最近时段开始的延迟，以及时段长度。",
        ),
        unit="s",
        asks={
            f"meterd_poll_schedule_lag_seconds{G}": "{{instance}} late",
            f"meterd_poll_slot_seconds{G}": "{{instance}} slot",
        },
    ),
    Panel(
        name=("Findings", "异常"),
        tells=("Findings whose cause is still there.", "原因仍在的异常数。"),
        unit="none",
        asks={f"meterd_findings_open{G}": "{{instance}}"},
    ),
    Panel(
        name=("Values by verdict", "初审结果"),
        tells=("Values reviewed, and those not passed.", "审核的数值，以及未通过的数值。"),
        unit="ops",
        asks={
            f"rate(meterd_readings_total{G}[10m])": "{{instance}} all",
            f"rate(meterd_readings_suspect_total{G}[10m])": "{{instance}} suspect",
            f"rate(meterd_readings_missing_total{G}[10m])": "{{instance}} missing",
            f"sum by (instance) (rate(meterd_readings_rejected_total{G}[10m]))": "{{instance}} rejected",
        },
    ),
    Panel(
        name=("Dumps", "抄表文件"),
        tells=(
            "Dumps imported and refused within an hour, by reason; meterd upload ls tells who brought them.",
            "一小时内导入和按原因拒绝的文件；由谁提交见 meterd upload ls。",
        ),
        unit="none",
        asks={
            f"increase(meterd_uploads_total{G}[1h])": "{{instance}} imported",
            f"sum by (reason) (increase(meterd_uploads_rejected_total{G}[1h]))": "{{reason}}",
        },
    ),
    Panel(
        name=("Event loop", "事件循环"),
        tells=(
            "How late the event loop is: one in a hundred turns is later than this.",
            "事件循环的延迟：百分之一的次数超过此值。",
        ),
        unit="s",
        asks={f"meterd:event_loop_lag_seconds:p99_10m{G}": "{{instance}}"},
    ),
    Panel(
        name=("Commits to the outbox", "待发库的提交"),
        tells=("Duration of durable commits: the speed of the disk.", "落盘提交的时间，即磁盘的速度。"),
        unit="s",
        asks=share("meterd_outbox_commit_seconds"),
    ),
    Panel(
        name=("Memory and processor", "内存和处理器"),
        tells=(
            "Resident memory, and processor time used per second.",
            "常驻内存，以及每秒使用的处理器时间。",
        ),
        unit="short",
        asks={
            f"process_resident_memory_bytes{G}": "{{instance}} bytes",
            f"rate(process_cpu_seconds_total{G}[5m])": "{{instance}} cpu",
        },
    ),
    Panel(
        name=("Log lines", "日志"),
        tells=("Warnings and errors in the log.", "日志中的警告和错误。"),
        unit="ops",
        asks={
            'sum by (level) (rate(meterd_log_messages_total{job="meterd",instance=~"$instance",'
            'level=~"warning|error|critical"}[10m]))': "{{level}}"
        },
    ),
    Panel(
        name=("Changes", "变化"),
        tells=(
            "Starts, parts started again, and configurations taken over within an hour.",
            "一小时内的启动、部件重启和生效的配置。",
        ),
        unit="none",
        asks={
            f"changes(meterd_start_time_seconds{G}[1h])": "{{instance}} starts",
            f"increase(meterd_component_restarts_total{G}[1h])": "{{instance}} parts",
            f"changes(meterd_config_last_reload_success_timestamp_seconds{G}[1h])": "{{instance}} reloads",
        },
    ),
    Panel(
        name=("Sums", "汇总"),
        tells=(
            "Sums of lines and transformers made within an hour, and those made again because of later readings.",
            "一小时内算出的线路和台区汇总，以及因迟到数据重算的汇总。",
        ),
        unit="none",
        asks={
            f"increase(meterd_aggregates_total{G}[1h])": "{{instance}} made",
            f"increase(meterd_aggregates_revised_total{G}[1h])": "{{instance}} again",
        },
    ),
    Panel(
        name=("Master and gate", "主站与发送闸"),
        tells=(
            "Commands of the master within an hour, by outcome, and frames that the send gate held back.",
            "一小时内主站的命令，按结果，以及发送闸拦下的帧。",
        ),
        unit="none",
        asks={
            f"sum by (reason) (increase(meterd_commands_total{G}[1h]))": "{{reason}}",
            f"increase(meterd_send_gate_refusals_total{G}[1h])": "{{instance}} held back",
        },
    ),
)
