/** Looks and behaviour of the trend chart. */

import uPlot from "uplot";

import { digitsOf, fromSi, shortClock, stamp, unitLabel } from "./format";
import { t, words } from "./i18n.svelte";
import type { Theme } from "./room.svelte";
import type { Series } from "./trend_data";
import type { PointColumns } from "./types";

/** Calm, distinguishable by lightness too; the first is the text's own colour. */
const INKS: Record<Theme, readonly string[]> = {
  light: ["#1f272e", "#7a4a9c", "#0e6f6c", "#8a5a1c", "#2f5d3a", "#8c3a5c"],
  dark: ["#e3e8ec", "#c39be6", "#5fc8c2", "#e0b070", "#8fcf9c", "#e89ab8"],
};
const MODEL_INK: Record<Theme, string> = { light: "#3d7fae", dark: "#7ab8e6" };

export function inkOf(theme: Theme, k: number): string {
  return INKS[theme][k % INKS[theme].length];
}

function cssVariable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

interface Wanted {
  points: PointColumns;
  series: readonly Series[];
  size: { width: number; height: number };
  full: boolean;
  theme: Theme;
}

function limitsHook(wanted: Wanted): (chart: uPlot) => void {
  const { points, series } = wanted;
  const names = ["low_low", "low", "high", "high_high"] as const;
  return (chart) => {
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    ctx.strokeStyle = cssVariable("--text-2");
    for (const handle of new Set(series.map((s) => s.handle))) {
      const unit = points.unit[handle];
      for (const name of names) {
        const limit = points[name][handle];
        if (limit === null) continue;
        const y = chart.valToPos(fromSi(limit, unit), unit, true);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
      }
    }
    ctx.restore();
  };
}

/** The span of values shown takes in nearby limits, so that the distance to them is seen. */
function rangeOf(wanted: Wanted, unit: string): uPlot.Range.Function {
  const { points, series } = wanted;
  const limits = [...new Set(series.map((s) => s.handle))]
    .filter((h) => points.unit[h] === unit)
    .flatMap((h) => [points.low[h], points.high[h]])
    .filter((v): v is number => v !== null)
    .map((v) => fromSi(v, unit));
  return (_chart, least, most) => {
    if (least === null || most === null || !Number.isFinite(least)) return [0, 1];
    const size = Math.max(most - least, 0.02 * Math.max(Math.abs(most), Math.abs(least)), 1e-6);
    let [from, to] = [least - 0.15 * size, most + 0.15 * size];
    for (const limit of limits) {
      if (limit < from && from - limit < 2.5 * size) from = limit - 0.1 * size;
      if (limit > to && limit - to < 2.5 * size) to = limit + 0.1 * size;
    }
    return [from, to];
  };
}

export function chartOptions(wanted: Wanted): uPlot.Options {
  const { points, series, size, full, theme } = wanted;
  const units = [...new Set(series.map((s) => points.unit[s.handle]))];
  const handles = [...new Set(series.map((s) => s.handle))];
  const line = cssVariable("--line");
  const ink = cssVariable("--text-2");
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const name = (s: Series) => {
    const text = words.language === "zh" ? points.text_zh[s.handle] : points.text_en[s.handle];
    return `${text || points.id[s.handle]}${s.origin === "model" ? ` (${t("value.model")})` : ""}`;
  };
  return {
    width: size.width,
    height: size.height - (full ? 34 + 24 * Math.ceil(series.length / 3) : 0),
    padding: [8, 10, 0, 0],
    legend: { show: full, live: true },
    cursor: { show: full, drag: { x: full, y: false } },
    scales: {
      x: { time: true },
      ...Object.fromEntries(units.map((unit) => [unit, { auto: true, range: rangeOf(wanted, unit) }])),
    },
    axes: [
      {
        stroke: ink,
        font,
        grid: { stroke: line, width: 1 },
        ticks: { stroke: line, size: 4 },
        size: 26,
        space: 60,
        values: (_chart, splits) => splits.map((s) => shortClock(s * 1000)),
      },
      ...units.slice(0, 2).map(
        (unit, k): uPlot.Axis => ({
          scale: unit,
          side: k === 0 ? 3 : 1,
          stroke: ink,
          font,
          label: full ? unitLabel(unit) : undefined,
          labelFont: font,
          labelSize: 16,
          size: 52,
          space: 26,
          grid: { show: k === 0, stroke: line, width: 1 },
          ticks: { show: false },
          // Finer than usual where the span shown is small, so that no two marks read the same.
          values: (_chart, splits, _axis, _space, step) =>
            splits.map((v) => v.toFixed(Math.max(digitsOf(unit), Math.ceil(-Math.log10(step) - 1e-9)))),
        }),
      ),
    ],
    series: [
      { label: t("trend.time"), value: (_chart, v) => (v === null ? "–" : stamp(v * 1000)) },
      ...series.map((s): uPlot.Series => {
        const model = s.origin === "model";
        const own = inkOf(theme, handles.indexOf(s.handle));
        const unit = points.unit[s.handle];
        return {
          label: name(s),
          scale: unit,
          stroke: model && handles.length === 1 ? MODEL_INK[theme] : own,
          width: model ? 1.2 : 1.8,
          dash: model ? [4, 3] : undefined,
          points: { show: false },
          value: (_chart, v) => (v === null || v === undefined ? "–" : `${v.toFixed(digitsOf(unit))} ${unitLabel(unit)}`),
        };
      }),
    ],
    hooks: { draw: [limitsHook(wanted)] },
  };
}
