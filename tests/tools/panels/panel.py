"""The records that a dashboard is made of, and expressions that many panels share."""

from dataclasses import dataclass

__all__ = ["G", "Page", "Panel", "T", "W", "by_reason", "share"]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel: its name and what it tells, in English and Chinese; the unit as Grafana calls it.

    `asks` are expressions with the legend of their series. `kind` is a curve, one figure or a list of bars.
    """

    name: tuple[str, str]
    tells: tuple[str, str]
    unit: str
    asks: dict[str, str]
    kind: str = "timeseries"
    wide: int = 8


@dataclass(frozen=True, kw_only=True)
class Page:
    """One dashboard: `choices` are its variables, each with the metric and label that it comes from."""

    title: tuple[str, str]
    panels: tuple[Panel, ...]
    choices: dict[str, tuple[str, str]]


# Selectors of what is chosen on a page: a gateway, its targets, a worker of the master.
G = '{job="meterd",instance=~"$instance"}'
T = '{job="meterd",instance=~"$instance",target=~"$target"}'
W = '{job="meterd-ingest",instance=~"$instance"}'


def by_reason(counter: str, selector: str = G) -> dict[str, str]:
    """How fast the samples of a counter rise, one curve for each reason."""
    return {f"sum by (reason) (rate({counter}{selector}[10m]))": "{{reason}}"}


def share(histogram: str, selector: str = G, *, window: str = "10m") -> dict[str, str]:
    """Median and 99th percentile of a histogram."""
    of = f"sum by (instance, le) (rate({histogram}_bucket{selector}[{window}]))"
    return {
        f"histogram_quantile({q}, {of})": f"{{{{instance}}}} {name}"
        for q, name in ((0.5, "p50"), (0.99, "p99"))
    }
