"""Charts of losses that utilities use (domain 7.7), as SVG or PNG; matplotlib comes with the extra `master`."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from config.text import say, speaking
from gateway.report.curve import curve, curve_of
from gateway.report.limits import Limits, limits_of
from gateway.report.ranking import ranking
from gateway.report.rows import LossRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "FORMATS", "NoData", "draw"]

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
_AMBER = "#e3a02f"
_COLOURS = {"normal": "#4c9f70", "negative": "#3b6fb6", "high": "#c8443c", "not_computable": "#bdbdbd"}
_STATES = ("normal", "high", "negative", "not_computable")
_TOP = 15


class NoData(Exception):
    """There is nothing to draw; the text says what is missing."""


def draw(
    name: str,
    rows: Sequence[LossRow],
    form: str,
    limits: Mapping[str, Limits] | None = None,
    findings: Mapping[date, int] | None = None,
) -> bytes:
    """One chart of `CHARTS` in one of `FORMATS`; raises NoData where the rows do not carry it.

    `limits` are by the kind of node, the usual ones if not given; `findings` by day stand below the daily chart.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), _readable(form):
        figure = Figure(figsize=(10, 5.5), layout="constrained")
        CHARTS[name](figure, rows, Asked(limits or limits_of({}), findings or {}))
        out = io.BytesIO()
        figure.savefig(out, format=form, dpi=120, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


@contextmanager
def _readable(form: str) -> Iterator[None]:
    """A bitmap has English words where this machine has no font for others; a text in SVG finds one when it is read."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    if form == "svg" or not known.isdisjoint(_FONTS[:-1]):
        yield
        return
    with speaking("en"):
        yield


@dataclass(frozen=True, slots=True)
class Asked:
    """What a chart is given beside its rows."""

    limits: Mapping[str, Limits]
    findings: Mapping[date, int]

    def of(self, rows: Sequence[LossRow]) -> list[Limits]:
        """Those of the kinds of node that are shown."""
        return [self.limits[kind] for kind in sorted({row.kind for row in rows})]

    def colour(self, row: LossRow) -> str:
        """By the state; what is normal and above the lower limit stands out."""
        if (
            row.state == "normal"
            and row.loss_rate is not None
            and row.loss_rate > self.limits[row.kind].amber
        ):
            return _AMBER
        return _COLOURS.get(row.state, "#ffffff")


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


def _daily(figure: Figure, rows: Sequence[LossRow], asked: Asked) -> None:
    """Supply and sale as bars, loss as a line in its band; below it how complete each day is."""
    rows = _one(rows)
    (limits,) = asked.of(rows)
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
    right.axhspan(100 * limits.low, 100 * limits.amber, color="#4c9f70", alpha=0.12)
    at, rates = _per_cent(rows)
    right.plot([_noon(day) for day in at], rates, "o-", color="#333333", label=say("loss %", "线损率 %"))
    right.axhline(100 * limits.high, color=_COLOURS["high"], lw=0.8, ls="--")
    right.set_ylabel("%")
    right.set_ylim(100 * limits.low - 1, max(100 * limits.high, *rates, 0) + 1)
    top.set_title(_title(rows, say("line loss by day", "逐日线损")))
    handles = [*top.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside upper right", frameon=False, ncols=3)
    colours = [asked.colour(row) for row in rows]
    strip.bar([_noon(day) for day in days], [float(row.coverage or 0) for row in rows], color=colours)
    for day, count in asked.findings.items():
        if days[0] <= day <= days[-1]:
            strip.text(_noon(day), 0.5, f"{count}!", ha="center", va="center", fontsize=9)
    strip.set_ylim(0, 1)
    strip.set_yticks([0, 1])
    strip.set_ylabel(say("complete\nn! findings", "完整率\nn! 异常"))
    strip.tick_params(axis="x", rotation=30)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


def _ranking(figure: Figure, rows: Sequence[LossRow], asked: Asked) -> None:
    """The highest and the most negative losses of the last day, and how many days they have been so."""
    found = ranking(rows)
    if not found.rows:
        raise NoData(say("no loss can be ranked", "没有可排序的线损"))
    ranked = found.rows[::-1]
    shown = ranked if len(ranked) <= 2 * _TOP else (*ranked[:_TOP], *ranked[-_TOP:])
    by_node = {(row.kind, row.code, row.day): row for row in rows}
    axes = figure.subplots()
    rates = [100 * float(row.loss_rate) for row in shown]
    colours = [asked.colour(by_node[row.kind, row.code, row.day]) for row in shown]
    axes.barh([row.code for row in shown], rates, color=colours)
    for place, row in enumerate(shown):
        note = say(f" {rates[place]:.2f} %, {row.days} days", f" {rates[place]:.2f} %，连续 {row.days} 天")
        axes.text(max(rates[place], 0), place, note, va="center", fontsize=8)
    for limit in sorted({one for of in asked.of(rows) for one in (of.low, of.amber, of.high)}):
        axes.axvline(100 * limit, color="#888888", lw=0.8, ls="--")
    axes.margins(x=0.15)
    names = _state_names()
    counts = " · ".join(f"{names[one.state]} {one.nodes}" for one in found.counts)
    axes.set_title(f"{say('line loss', '线损')} · {max(row.day for row in rows)}\n{counts}")
    below = ", ".join(found.below[:_TOP])
    note = say(f"not ranked, supplied with too little: {below}", f"供电量过小，不排序：{below}")
    axes.set_xlabel(f"%\n{note}" if below else "%")


def _state_names() -> Mapping[str, str]:
    return {
        "normal": say("normal", "正常"),
        "high": say("high", "高损"),
        "negative": say("negative", "负损"),
        "not_computable": say("not computable", "不可算"),
    }


def _calendar(figure: Figure, rows: Sequence[LossRow], asked: Asked) -> None:
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
        axes.add_patch(Rectangle(corner, 0.95, 0.9, fc=asked.colour(row), ec="white", hatch=hatch))
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
    for limits in asked.of(rows):
        if limits.amber < limits.high:
            above = say(f"above {100 * limits.amber:g} %", f"超过 {100 * limits.amber:g} %")
            patches.insert(1, Patch(fc=_AMBER, label=above))
    figure.legend(handles=patches, loc="outside lower center", ncols=5, frameon=False)
    axes.set_title(f"{say('line loss', '线损')} · {first} – {last}")


def _scatter(figure: Figure, rows: Sequence[LossRow], asked: Asked) -> None:
    """Loss against supply with the fit a + b E + c E^2 / mean: constant, proportional and ohmic part (domain 7.6)."""
    rows = _one(rows)
    found, told = curve_of(rows), curve(rows)
    if found is None or told is None:
        raise NoData(say("a fit needs ten different days with a loss", "拟合至少需要十个供电量不同的线损日"))
    known = [row for row in rows if row.loss_kwh is not None and row.supply_kwh]
    x = [float(row.supply_kwh or 0) for row in known]
    axes = figure.subplots()
    axes.scatter(x, [float(row.loss_kwh or 0) for row in known], color="#3b6fb6")
    along = [min(x) + (max(x) - min(x)) * step / 100 for step in range(101)]
    axes.plot(along, [found.at(one) for one in along], color="#c8443c")
    axes.set_xlabel(f"{say('supply kWh', '供电量 kWh')}\n{told.says}")
    axes.set_ylabel(say("loss kWh", "损失电量 kWh"))
    formula = f"loss = {found.a:.2f} kWh {found.b:+.4f} E {found.c:+.4f} E²/mean"
    parts = say(
        f"at {found.mean:.1f} kWh a day: constant {told.constant_kwh:.2f}, proportional "
        f"{told.proportional_kwh:.2f}, ohmic {told.ohmic_kwh:.2f} kWh",
        f"日供电 {found.mean:.1f} kWh 时：固定 {told.constant_kwh:.2f}，比例 {told.proportional_kwh:.2f}，"
        f"负荷平方 {told.ohmic_kwh:.2f} kWh",
    )
    axes.set_title(f"{_title(rows, say('loss and supply', '损失与供电'))}\n{formula}\n{parts}", fontsize=11)


def _waterfall(figure: Figure, rows: Sequence[LossRow], asked: Asked) -> None:
    """From supply to what is metered and what is lost within the bound and beyond, over all days shown."""
    rows = _one(rows)
    known = [row for row in rows if row.supply_kwh is not None and row.sale_kwh is not None]
    if not known:
        raise NoData(say("no loss is computable", "没有可算的线损"))
    supply = float(sum(row.supply_kwh or 0 for row in known))
    sale = float(sum(row.sale_kwh or 0 for row in known))
    loss = supply - sale
    (limits,) = asked.of(rows)
    allowed = min(max(loss, 0.0), limits.amber * supply)
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


CHARTS: Mapping[str, Callable[[Figure, Sequence[LossRow], Asked], None]] = {
    "daily": _daily,
    "ranking": _ranking,
    "calendar": _calendar,
    "scatter": _scatter,
    "waterfall": _waterfall,
}
"""The charts by name: daily, scatter and waterfall of one node, ranking and calendar of many."""
