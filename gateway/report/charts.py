"""Charts of losses that utilities use (domain 7.7), as SVG or PNG; matplotlib comes with the extra `master`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from config.text import say
from gateway.report.rows import LossRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "FORMATS", "Limits", "NoData", "draw"]

FORMATS = ("svg", "png")
_FONTS = ["Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimHei", "Microsoft YaHei", "DejaVu Sans"]
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": _FONTS,
    "svg.fonttype": "none",
    "svg.hashsalt": "meterd",
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
"""Texts stay texts in SVG, and the same figures give the same file."""
_COLOURS = {"normal": "#4c9f70", "negative": "#3b6fb6", "high": "#c8443c", "not_computable": "#bdbdbd"}
_STATES = ("normal", "high", "negative", "not_computable")
_TOP = 15


class NoData(Exception):
    """There is nothing to draw; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The band in which a loss rate is well, as shares."""

    low: float = -0.01
    high: float = 0.07


def draw(name: str, rows: Sequence[LossRow], form: str, limits: Limits | None = None) -> bytes:
    """One chart of `CHARTS` in one of `FORMATS`; raises NoData where the rows do not carry it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 5.5), layout="constrained")
        CHARTS[name](figure, rows, limits or Limits())
        out = io.BytesIO()
        figure.savefig(out, format=form, dpi=120, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _title(rows: Sequence[LossRow], what: str) -> str:
    return f"{what} · {rows[0].code} · {rows[0].day} – {rows[-1].day}"


def _one(rows: Sequence[LossRow]) -> list[LossRow]:
    """The days of one node, in order."""
    if len({(row.kind, row.code) for row in rows}) != 1:
        raise NoData(say("this chart is of one line or transformer", "此图只针对一条线路或一个台区"))
    return sorted(rows, key=lambda row: row.day)


def _per_cent(values: Sequence[LossRow]) -> tuple[list[date], list[float]]:
    known = [(row.day, 100 * float(row.loss_rate)) for row in values if row.loss_rate is not None]
    return [day for day, _ in known], [rate for _, rate in known]


def _daily(figure: Figure, rows: Sequence[LossRow], limits: Limits) -> None:
    """Supply and sale as bars, loss as a line in its band; below it how complete each day is."""
    rows = _one(rows)
    top, strip = figure.subplots(2, 1, sharex=True, height_ratios=[8, 1])
    days = [row.day for row in rows]
    width = timedelta(hours=9)
    for side, shift, colour, label in (
        ("supply_kwh", -width / 2, "#8fb3d9", say("supply", "供电量")),
        ("sale_kwh", width / 2, "#f0c27b", say("sale", "售电量")),
    ):
        heights = [float(getattr(row, side) or 0) for row in rows]
        top.bar([_noon(day) + shift for day in days], heights, width=width, color=colour, label=label)
    top.set_ylabel("kWh")
    right = top.twinx()
    right.axhspan(100 * limits.low, 100 * limits.high, color="#4c9f70", alpha=0.12)
    at, rates = _per_cent(rows)
    right.plot([_noon(day) for day in at], rates, "o-", color="#333333", label=say("loss %", "线损率 %"))
    right.set_ylabel("%")
    top.set_title(_title(rows, say("line loss by day", "逐日线损")))
    handles = [*top.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    top.legend(handles=handles, loc="upper left", frameon=False, ncols=3)
    colours = [_COLOURS.get(row.state, "#ffffff") for row in rows]
    strip.bar([_noon(day) for day in days], [float(row.coverage or 0) for row in rows], color=colours)
    strip.set_ylim(0, 1)
    strip.set_yticks([0, 1])
    strip.set_ylabel(say("complete", "完整率"))
    strip.tick_params(axis="x", rotation=30)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


def _latest(rows: Sequence[LossRow]) -> dict[tuple[str, str], LossRow]:
    latest: dict[tuple[str, str], LossRow] = {}
    for row in sorted(rows, key=lambda row: row.day):
        latest[row.kind, row.code] = row
    return latest


def _in_a_row(rows: Sequence[LossRow], last: LossRow) -> int:
    """So many days has the node been in its present state."""
    count = 0
    own = [row for row in rows if (row.kind, row.code) == (last.kind, last.code)]
    for row in sorted(own, key=lambda row: row.day, reverse=True):
        if row.state != last.state:
            break
        count += 1
    return count


def _ranking(figure: Figure, rows: Sequence[LossRow], limits: Limits) -> None:
    """The highest and the most negative losses of the last day, and how many days they have been so."""
    latest = list(_latest(rows).values())
    known = sorted((row for row in latest if row.loss_rate is not None), key=lambda row: row.loss_rate or 0)
    if not known:
        raise NoData(say("no loss is computable", "没有可算的线损"))
    shown = known if len(known) <= 2 * _TOP else [*known[:_TOP], *known[-_TOP:]]
    axes = figure.subplots()
    rates = [100 * float(row.loss_rate or 0) for row in shown]
    axes.barh([row.code for row in shown], rates, color=[_COLOURS[row.state] for row in shown])
    for place, row in enumerate(shown):
        note = f" {rates[place]:.2f} % · {_in_a_row(rows, row)} d"
        axes.text(max(rates[place], 0), place, note, va="center", fontsize=8)
    for limit in (limits.low, limits.high):
        axes.axvline(100 * limit, color="#888888", lw=0.8, ls="--")
    counts = {state: sum(row.state == state for row in latest) for state in _STATES}
    names = _state_names()
    axes.set_title(" · ".join(f"{names[state]} {count}" for state, count in counts.items()))
    axes.set_xlabel("%")


def _state_names() -> Mapping[str, str]:
    return {
        "normal": say("normal", "正常"),
        "high": say("high", "高损"),
        "negative": say("negative", "负损"),
        "not_computable": say("not computable", "不可算"),
    }


def _calendar(figure: Figure, rows: Sequence[LossRow], limits: Limits) -> None:
    """Nodes by days: the colour is the state, what is not computable is hatched."""
    from matplotlib.patches import Patch, Rectangle

    if not rows:
        raise NoData(say("no days", "没有数据日"))
    codes = sorted({row.code for row in rows}, reverse=True)
    first, last = min(row.day for row in rows), max(row.day for row in rows)
    axes = figure.subplots()
    for row in rows:
        corner = ((row.day - first).days, codes.index(row.code))
        hatch = "///" if row.state == "not_computable" else None
        axes.add_patch(Rectangle(corner, 0.95, 0.9, fc=_COLOURS[row.state], ec="white", hatch=hatch))
    span = (last - first).days + 1
    axes.set_xlim(0, span)
    axes.set_ylim(0, len(codes))
    step = max(1, span // 10)
    axes.set_xticks([place + 0.5 for place in range(0, span, step)])
    axes.set_xticklabels([str(first + timedelta(days=place))[5:] for place in range(0, span, step)])
    axes.set_yticks([place + 0.5 for place in range(len(codes))], codes)
    names = _state_names()
    patches = [
        Patch(fc=_COLOURS[s], label=names[s], hatch="///" if s == "not_computable" else None) for s in _STATES
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=4, frameon=False)
    axes.set_title(f"{first} – {last}")


def _scatter(figure: Figure, rows: Sequence[LossRow], limits: Limits) -> None:
    """Loss against supply with the fit a + b E + c E^2 / mean: constant, proportional and ohmic part (domain 7.6)."""
    import numpy as np

    rows = _one(rows)
    known = [row for row in rows if row.loss_kwh is not None and row.supply_kwh]
    if len(known) < 4:
        raise NoData(say("a fit needs four days with a loss", "拟合至少需要四天线损"))
    x = np.array([float(row.supply_kwh or 0) for row in known])
    y = np.array([float(row.loss_kwh or 0) for row in known])
    design = np.vstack([np.ones_like(x), x, x**2 / x.mean()]).T
    (a, b, c), *_ = np.linalg.lstsq(design, y, rcond=None)
    axes = figure.subplots()
    axes.scatter(x, y, color="#3b6fb6")
    along = np.linspace(x.min(), x.max(), 100)
    axes.plot(along, a + b * along + c * along**2 / x.mean(), color="#c8443c")
    axes.set_xlabel(say("supply kWh", "供电量 kWh"))
    axes.set_ylabel(say("loss kWh", "损失电量 kWh"))
    axes.set_title(
        f"{_title(rows, say('loss and supply', '损失与供电'))}\n{a:.2f} + {b:.4f} E + {c:.4f} E²/mean"
    )


def _waterfall(figure: Figure, rows: Sequence[LossRow], limits: Limits) -> None:
    """From supply to what is metered and what is lost within the bound and beyond, over all days shown."""
    rows = _one(rows)
    known = [row for row in rows if row.supply_kwh is not None and row.sale_kwh is not None]
    if not known:
        raise NoData(say("no loss is computable", "没有可算的线损"))
    supply = float(sum(row.supply_kwh or 0 for row in known))
    sale = float(sum(row.sale_kwh or 0 for row in known))
    loss = supply - sale
    allowed = min(max(loss, 0.0), limits.high * supply)
    steps = [
        (say("supply", "供电"), 0.0, supply, "#8fb3d9"),
        (say("metered", "售电"), supply - sale, sale, "#f0c27b"),
        (say("within limit", "限内损耗"), loss - allowed, allowed, "#4c9f70"),
        (say("beyond", "超限"), 0.0, loss - allowed, "#c8443c"),
    ]
    axes = figure.subplots()
    for place, (name, bottom, height, colour) in enumerate(steps):
        axes.bar(name, height, bottom=bottom, color=colour)
        axes.text(place, bottom + max(height, 0), f"{height:.1f}", ha="center", va="bottom")
    axes.set_ylabel("kWh")
    axes.set_title(_title(rows, say("where the energy went", "电量去向")))


CHARTS: Mapping[str, Callable[[Figure, Sequence[LossRow], Limits], None]] = {
    "daily": _daily,
    "ranking": _ranking,
    "calendar": _calendar,
    "scatter": _scatter,
    "waterfall": _waterfall,
}
"""The charts by name: daily, scatter and waterfall of one node, ranking and calendar of many."""
