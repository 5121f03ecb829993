"""What the Grafana dashboards show, page by page; `tests.tools.dashboards` makes the JSON of it."""

from tests.tools.panels.fleet import FLEET
from tests.tools.panels.gateway import GATEWAY
from tests.tools.panels.ingest import INGEST
from tests.tools.panels.panel import Page
from tests.tools.panels.target import TARGET

__all__ = ["PAGES"]

_INSTANCE = ('meterd_build_info{job="meterd"}', "instance")
PAGES = {
    "fleet": Page(title=("meterd fleet", "meterd 全网"), panels=FLEET, choices={}),
    "gateway": Page(title=("meterd gateway", "meterd 网关"), panels=GATEWAY, choices={"instance": _INSTANCE}),
    "target": Page(
        title=("meterd target", "meterd 采集点"),
        panels=TARGET,
        choices={
            "instance": _INSTANCE,
            "target": ('meterd_target_up{instance=~"$instance"}', "target"),
        },
    ),
    "ingest": Page(
        title=("meterd ingest", "meterd 入库"),
        panels=INGEST,
        choices={"instance": ('meterd_build_info{job="meterd-ingest"}', "instance")},
    ),
}
