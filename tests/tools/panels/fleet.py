"""All gateways on one page: how much was read, what waits, what changed since yesterday."""

from tests.tools.panels.panel import Panel

__all__ = ["FLEET"]

FLEET = (
    Panel(
        name=("Gateways up", "在线网关"),
        tells=("Gateways that answer, of those that are scraped.", "有应答的网关数和应有的网关数。"),
        unit="none",
        kind="stat",
        wide=4,
        asks={"meterd:fleet_gateways_up:count": "up", "meterd:fleet_gateways:count": "all"},
    ),
    Panel(
        name=("Fleet read success", "全网采集成功率"),
        tells=(
            "Meters read in the last closed slots, of those due, over all gateways.",
            "全部网关最近结束的时段中采到的电能表占应采的比例。",
        ),
        unit="percentunit",
        kind="stat",
        wide=4,
        asks={"meterd:fleet_read_success:ratio": "now", "meterd:fleet_read_success:ratio offset 1d": "1d"},
    ),
    Panel(
        name=("Oldest unsent reading", "最早的未传数据"),
        tells=(
            "Age of the oldest batch that waits anywhere; 0 when nothing waits.",
            "全网最早一个待传批次的存放时间；无待传为 0。",
        ),
        unit="s",
        kind="stat",
        wide=4,
        asks={"max(meterd:outbox_oldest:age_seconds)": "oldest"},
    ),
    Panel(
        name=("Rows waiting", "待传行数"),
        tells=("Rows in all outboxes that wait for the master.", "全部待发库中等待入库的行数。"),
        unit="short",
        kind="stat",
        wide=4,
        asks={"sum(meterd_outbox_rows)": "rows"},
    ),
    Panel(
        name=("Clocks not right", "时钟未同步的网关"),
        tells=("Gateways whose clock is not known to be right.", "时钟未同步的网关数。"),
        unit="none",
        kind="stat",
        wide=4,
        asks={"count(meterd_clock_synced == 0) or vector(0)": "gateways"},
    ),
    Panel(
        name=("Alerts firing", "触发中的告警"),
        tells=("Alerts of meterd that fire now, by severity.", "当前触发的 meterd 告警，按严重程度。"),
        unit="none",
        kind="stat",
        wide=4,
        asks={
            'count by (severity) (ALERTS{alertstate="firing",severity!="none",job=~"(meterd.*)?"})'
            " or vector(0)": "{{severity}}",
        },
    ),
    Panel(
        name=("Worst read success", "成功率最低的网关"),
        tells=(
            "The 20 gateways that read the smallest share of their meters; why stands on each one's own page.",
            "成功率最低的 20 台网关；原因见各网关的页面。",
        ),
        unit="percentunit",
        kind="bars",
        asks={"bottomk(20, meterd:read_success:ratio)": "{{instance}}"},
    ),
    Panel(
        name=("Meters not read", "未采到的电能表"),
        tells=(
            "Meters that were due in the last closed slots and not read, the 20 gateways with the most.",
            "最近结束的时段中应采未采的电能表数，最多的 20 台网关。",
        ),
        unit="none",
        kind="bars",
        asks={"topk(20, meterd_meters_expected - meterd_meters_read_current_slot > 0)": "{{instance}}"},
    ),
    Panel(
        name=("Oldest unsent reading by gateway", "各网关最早的未传数据"),
        tells=("How long the oldest batch of a gateway has waited.", "各网关最早一个批次已等待的时间。"),
        unit="s",
        kind="bars",
        asks={"topk(20, meterd:outbox_oldest:age_seconds > 0)": "{{instance}}"},
    ),
    Panel(
        name=("Read success since yesterday", "与昨日相比的成功率"),
        tells=(
            "Share of meters read over the fleet, today and the day before.",
            "全网采集成功率，今日与前一日。",
        ),
        unit="percentunit",
        asks={
            "meterd:fleet_read_success:ratio": "today",
            "meterd:fleet_read_success:ratio offset 1d": "yesterday",
        },
    ),
    Panel(
        name=("Configurations taken over", "生效的新配置"),
        tells=(
            "Gateways whose configuration was taken over within a day, and when.",
            "一天内有新配置生效的网关及时刻。",
        ),
        unit="dateTimeAsIso",
        kind="bars",
        asks={
            "1000 * (meterd_config_last_reload_success_timestamp_seconds > time() - 86400)": "{{instance}}"
        },
    ),
    Panel(
        name=("Starts within a day", "一天内的启动"),
        tells=("Gateways that started anew within a day, and how often.", "一天内重新启动的网关及次数。"),
        unit="none",
        kind="bars",
        asks={'changes(meterd_start_time_seconds{job="meterd"}[1d]) > 0': "{{instance}}"},
    ),
    Panel(
        name=("Findings since yesterday", "与昨日相比的异常"),
        tells=(
            "How many more findings are open than a day ago, the 20 gateways with the most.",
            "未消除异常比一天前增加的数量，最多的 20 台网关。",
        ),
        unit="none",
        kind="bars",
        asks={"topk(20, meterd_findings_open - meterd_findings_open offset 1d > 0)": "{{instance}}"},
    ),
    Panel(
        name=("Dumps uploaded within a day", "一天内导入的抄表文件"),
        tells=(
            "Dumps imported by gateway; meterd upload ls tells who brought which.",
            "各网关导入的文件数；由谁提交见 meterd upload ls。",
        ),
        unit="none",
        kind="bars",
        asks={
            "increase(meterd_uploads_total[1d]) > 0": "{{instance}}",
            "sum by (instance) (increase(meterd_uploads_rejected_total[1d])) > 0": "{{instance}} refused",
        },
    ),
    Panel(
        name=("Versions", "程序版本"),
        tells=("How many gateways run which version.", "各版本的网关数。"),
        unit="none",
        kind="bars",
        asks={'count by (version) (meterd_build_info{job="meterd"})': "{{version}}"},
    ),
    Panel(
        name=("Fullest outboxes", "最满的待发库"),
        tells=("Size of the outbox file over its cap, the 20 fullest.", "待发库占上限的比例，最满的 20 台。"),
        unit="percentunit",
        kind="bars",
        asks={"topk(20, meterd:outbox_fill:ratio)": "{{instance}}"},
    ),
)
