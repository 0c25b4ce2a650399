"""Curves of A and B over each other, and below them SPM{t} of B − A with its threshold and clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from barograph.frames import Floats
from dashboard.compare.charts import DASH
from dashboard.compare.decided import Tested, p_text, range_text
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.svg import Plot, digits_of, el, line, path_of, picture, round_up, text, ticks, under
from dashboard.drawing.words import number

WIDE, HIGH = 310.0, 470.0
LEFT, ACROSS = 54.0, 246.0
LABEL_PX = 64.0  # of a cluster's range: nearer ones are named below the drawing alone
SHADE = 0.13
STANCE = Across("% of stance")
NEAR_START = 30.0  # % of stance, under the threshold's number


def curves(found: Tested) -> str:
    """Return both curves with their SD, and SPM{t}, or why there is none."""
    one = found.curves
    x: Floats = np.asarray(one.a.columns, np.float64)
    means = [rows.mean().to_numpy(np.float64) for rows in (one.a, one.b)]
    sds = [rows.std().fillna(0.0).to_numpy(np.float64) for rows in (one.a, one.b)]
    tops = [float(np.nanmax(mean + sd)) for mean, sd in zip(means, sds, strict=True) if np.isfinite(mean).any()]
    top = round_up(max(tops, default=1.0))
    plot = Plot(LEFT, 26, ACROSS, 216, (float(x[0]), float(x[-1])), (0.0, top))
    ys = ticks(0, top, 5)
    parts = [text(LEFT, 13, f"{one.title} {one.name}, {one.unit}, mean ± SD", fill="var(--text-2)", size=12)]
    parts += [_shade(plot, cluster) for cluster in found.clusters]
    parts.append(plot.frame((), ys, digits=digits_of(ys)))
    for mean, sd in zip(means, sds, strict=True):
        parts.append(plot.band(x, mean - sd, np.minimum(mean + sd, top), one.paint, 0.16))
    at = [plot.points(x, mean) for mean in means]
    parts += [line(at[0], one.paint, 2.0), under(at[1], stroke_dasharray=DASH)]
    parts.append(line(at[1], one.paint, 2.0, stroke_dasharray=DASH))
    parts.append(text(LEFT, 268, "SPM{t} of B − A", fill="var(--text-2)", size=12))
    parts.append(_field(found, x))
    reads = [Read(name, one.paint, mean, one.unit, fine(top)) for name, mean in zip("AB", means, strict=True)]
    return picture(
        WIDE, HIGH, *parts, title=said(found), reads=[crosshair(plot, x, reads, STANCE), _reads_of_field(found, x)]
    )


def _reads_of_field(found: Tested, x: Floats) -> str:
    if found.found is None:
        return ""
    t = found.found["spm_t"].to_numpy(np.float64)
    return crosshair(_field_plot(found, x, t), x, [Read("t", "var(--text)", t, "", 2)], STANCE)


def _field_plot(found: Tested, x: Floats, t: Floats) -> Plot:
    star = float(found.found.attrs["t_star"]) if found.found is not None else np.nan
    return Plot(LEFT, 280, ACROSS, 140, (float(x[0]), float(x[-1])), _ends(t, star))


def _fill(cluster: dict[str, Any]) -> str:
    return "var(--difference-b)" if cluster["sign"] > 0 else "var(--difference-a)"


def _shade(plot: Plot, cluster: dict[str, Any]) -> str:
    left, right = (float(plot.at_x(cluster[end])) for end in ("start", "stop"))
    return el(
        "rect", x=left, y=plot.top, width=max(right - left, 1.5), height=plot.height, fill=_fill(cluster),
        fill_opacity=SHADE,
    )  # fmt: skip


def _field(found: Tested, x: Floats) -> str:
    if found.found is None:
        plot = Plot(LEFT, 280, ACROSS, 130, (float(x[0]), float(x[-1])), (-1.0, 1.0))
        ground = el("rect", x=plot.left, y=plot.top, width=plot.width, height=plot.height, fill="var(--surface-2)")
        return ground + text(LEFT + ACROSS / 2, 350, "none", anchor="middle", size=12) + _below(plot)
    t, star = found.found["spm_t"].to_numpy(np.float64), float(found.found.attrs["t_star"])
    plot = _field_plot(found, x, t)
    ys = ticks(*plot.y, 5)
    parts = [_shade(plot, cluster) for cluster in found.clusters]
    parts += [
        plot.frame((), ys, digits=digits_of(ys)),
        *(_cluster(plot, cluster, x, t, star) for cluster in found.clusters),
    ]
    for level in (star, -star):
        y = float(plot.at_y(level))
        parts.append(
            el("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke="var(--text-2)", stroke_dasharray="4 3")
        )
    parts.append(_threshold(plot, found, star))
    parts.append(plot.line(x, t, "var(--text)", 1.75))
    if not found.clusters:
        parts.append(text(plot.right, plot.top + 12, "no cluster beyond the threshold", anchor="end"))
    return "".join([*parts, _names(plot, found), _below(plot)])


def _threshold(plot: Plot, found: Tested, star: float) -> str:
    """The threshold as a number, at the line that no cluster begins at."""
    taken = any(one["sign"] > 0 and one["start"] < NEAR_START for one in found.clusters)
    y = float(plot.at_y(-star)) + 12 if taken else float(plot.at_y(star)) - 4
    return text(plot.left + 2, y, f"{'−' if taken else ''}t* {number(star, 2)}", fill="var(--text-2)")


def _ends(t: Floats, star: float) -> tuple[float, float]:
    """Ends of the axis: both thresholds and the curve, with room for a cluster's two lines of text."""
    known = t[np.isfinite(t)]
    low, high = min(-star, float(known.min(initial=0.0))), max(star, float(known.max(initial=0.0)))
    room = 0.24 * (high - low)
    return low - room, high + room


def _cluster(plot: Plot, cluster: dict[str, Any], x: Floats, t: Floats, star: float) -> str:
    """The ground between the curve and the threshold, whose ends are where they cross."""
    inside = (x > cluster["start"]) & (x < cluster["stop"]) & np.isfinite(t)
    level = star * cluster["sign"]
    along = [(cluster["start"], level), *zip(x[inside], t[inside], strict=True), (cluster["stop"], level)]
    points = [(float(plot.at_x(a)), float(plot.at_y(b))) for a, b in along]
    return el("path", d=path_of(points, closed=True), fill=_fill(cluster), fill_opacity=0.85)


def _names(plot: Plot, found: Tested) -> str:
    """Range and p over each cluster, as far as they do not lie on each other."""
    parts, last = [], {1: -np.inf, -1: -np.inf}
    for cluster in found.clusters:
        up = int(cluster["sign"])
        at = float(np.clip(plot.at_x((cluster["start"] + cluster["stop"]) / 2), plot.left + 26, plot.right - 26))
        if at - last[up] < LABEL_PX:
            continue
        last[up] = at
        tip = float(plot.at_y(cluster["peak_t"]))
        y = max(plot.top + 10, tip - 16) if up > 0 else min(plot.bottom - 14, tip + 12)
        parts.append(text(at, y, range_text(cluster), fill="var(--text)", anchor="middle", font_weight=600))
        parts.append(text(at, y + 12, p_text(cluster["p"]), fill="var(--text-2)", anchor="middle"))
    return "".join(parts)


def _below(plot: Plot) -> str:
    marks = "".join(text(plot.at_x(v), plot.bottom + 18, number(v), anchor="middle") for v in ticks(*plot.x, 5))
    return marks + text((plot.left + plot.right) / 2, plot.bottom + 36, "stance, %", anchor="middle")


def said(found: Tested) -> str:
    """Say in a sentence where the curves differ."""
    one = found.curves
    head = f"{one.title} {one.name}, A solid and B dashed"
    if found.found is None:
        return f"{head}. {found.why}."
    return f"{head}. {clusters_text(found)}"


def clusters_text(found: Tested) -> str:
    """List the clusters in words."""
    parts = [
        f"{range_text(one)}, {'B' if one['sign'] > 0 else 'A'} higher, {p_text(one['p'])}" for one in found.clusters
    ]
    return "; ".join(parts) or "no cluster beyond the threshold"
