"""The workers of the master: what they store, how late, and what does not agree."""

from tests.tools.panels.panel import Panel, W, share

__all__ = ["INGEST"]

INGEST = (
    Panel(
        name=("Workers", "入库进程"),
        tells=(
            "1: the worker answers; the broker is connected; the databases are connected.",
            "1：进程有应答；已连接消息代理；已连接数据库。",
        ),
        unit="none",
        asks={
            f"up{W}": "{{instance}} up",
            f"meterd_ingest_mqtt_connected{W}": "{{instance}} broker",
            f"meterd_ingest_database_up{W}": "{{instance}} database",
        },
    ),
    Panel(
        name=("Readings stored", "入库的抄表数据"),
        tells=(
            "Readings stored per second, and those that were there already.",
            "每秒入库的抄表数据，以及此前已有的抄表数据。",
        ),
        unit="ops",
        asks={
            f"rate(meterd_ingest_rows_total{W}[5m])": "{{instance}}",
            f"rate(meterd_ingest_duplicates_total{W}[5m])": "{{instance}} there already",
            "meterd:ingest_rows:rate5m": "all",
        },
    ),
    Panel(
        name=("From reading to database", "从采集到入库"),
        tells=(
            "Time from the reading of the newest value of a batch to its commit.",
            "批次中最新数值从采集到入库的时间。",
        ),
        unit="s",
        asks=share("meterd_ingest_lag_seconds", W),
    ),
    Panel(
        name=("Messages in hand", "手中的消息"),
        tells=(
            "Messages received and not settled; at 200 a worker takes no more.",
            "已收到、尚未了结的消息；达到 200 即不再接收。",
        ),
        unit="none",
        asks={f"meterd_ingest_messages_in_hand{W}": "{{instance}}"},
    ),
    Panel(
        name=("Backlog in the gateways", "各网关的积压"),
        tells=("Rows in all outboxes that wait for a worker.", "全部待发库中的行数。"),
        unit="short",
        asks={"sum(meterd_outbox_rows)": "rows"},
    ),
    Panel(
        name=("Duration of commits", "提交耗时"),
        tells=("How long the databases take to commit.", "数据库提交所用的时间。"),
        unit="s",
        asks=share("meterd_ingest_commit_seconds", W),
    ),
    Panel(
        name=("Since the last commit", "距上次提交"),
        tells=("Time since a transaction was committed.", "距上一次提交事务的时间。"),
        unit="s",
        asks={f"time() - (meterd_ingest_last_commit_timestamp_seconds{W} > 0)": "{{instance}}"},
    ),
    Panel(
        name=("Batches", "批次"),
        tells=(
            "Batches committed, those that were there already, and acknowledgements, per second.",
            "每秒入库的批次、重复送来的批次和发出的确认。",
        ),
        unit="ops",
        asks={
            f"rate(meterd_ingest_batches_total{W}[5m])": "{{instance}}",
            f"rate(meterd_ingest_replays_total{W}[5m])": "{{instance}} replays",
            f"rate(meterd_ingest_acks_total{W}[5m])": "{{instance}} acks",
        },
    ),
    Panel(
        name=("Dead letters", "死信"),
        tells=(
            "Messages that came to nothing within an hour, by reason.",
            "一小时内未能入库的消息，按原因。",
        ),
        unit="none",
        asks={f"sum by (reason) (increase(meterd_ingest_dead_letters_total{W}[1h]))": "{{reason}}"},
    ),
    Panel(
        name=("What does not agree", "互相矛盾的数据"),
        tells=(
            "Within an hour: batches that clash, meters that two gateways read, values that differ, rows set aside.",
            "一小时内：内容冲突的批次、两台网关同采的电能表、数值不同的抄表数据、另存的行。",
        ),
        unit="none",
        asks={
            f"increase(meterd_ingest_clashes_total{W}[1h])": "clashes",
            f"increase(meterd_ingest_claims_total{W}[1h])": "meters read twice",
            f"increase(meterd_ingest_differing_total{W}[1h])": "differing",
            f"increase(meterd_ingest_rows_set_aside_total{W}[1h])": "set aside",
        },
    ),
    Panel(
        name=("Losses", "断开"),
        tells=(
            "How often broker and database went away within an hour.",
            "一小时内消息代理和数据库断开的次数。",
        ),
        unit="none",
        asks={
            f"increase(meterd_ingest_mqtt_losses_total{W}[1h])": "{{instance}} broker",
            f"increase(meterd_ingest_database_losses_total{W}[1h])": "{{instance}} database",
        },
    ),
    Panel(
        name=("Workers' memory", "进程内存"),
        tells=("Resident memory of each worker.", "各进程的常驻内存。"),
        unit="bytes",
        asks={f"process_resident_memory_bytes{W}": "{{instance}}"},
    ),
    Panel(
        name=("Processing", "计算"),
        tells=(
            "Energies, sums and losses written per second, and how often a run was stopped within an hour.",
            "每秒写入的电量、汇总和线损，以及一小时内计算中断的次数。",
        ),
        unit="short",
        asks={
            f"rate(meterd_process_results_total{W}[10m])": "{{instance}} results/s",
            f"rate(meterd_process_meters_total{W}[10m])": "{{instance}} meters/s",
            f"increase(meterd_process_failures_total{W}[1h])": "{{instance}} stopped",
        },
    ),
    Panel(
        name=("Since the last processing run", "距上次计算"),
        tells=(
            "Time since a run of this worker ended; of several workers one computes.",
            "距该进程上一次完成计算的时间；几个进程中只有一个计算。",
        ),
        unit="s",
        asks={f"time() - (meterd_process_last_timestamp_seconds{W} > 0)": "{{instance}}"},
    ),
)
