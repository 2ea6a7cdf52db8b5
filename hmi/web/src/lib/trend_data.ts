/** Series of a trend: history from the server, live values appended, aligned for the chart. */

import uPlot from "uplot";

import { get } from "./api";
import { fromSi } from "./format";
import { severity } from "./quality";
import type { History, PointColumns } from "./types";

export type Origin = "measured" | "model";

export interface Series {
  handle: number;
  origin: Origin;
  timeS: number[];
  /** In the point's unit; null is a gap. */
  value: (number | null)[];
}

const APPENDED_MAX = 30_000;

export async function fetchSeries(
  points: PointColumns,
  handle: number,
  origin: Origin,
  fromMs: number,
  toMs: number,
  maxPoints: number,
  signal: AbortSignal,
): Promise<Series> {
  const query = {
    point: points.id[handle],
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    max_points: maxPoints,
    origin,
  };
  const history = await get<History>("/api/history", query, signal);
  const unit = points.unit[handle];
  return {
    handle,
    origin,
    timeS: history.time_ms.map((ms) => ms / 1000),
    value: history.value.map((v, k) => usable(v, history.quality[k], unit)),
  };
}

/** A value of bad quality is a gap, never a line through it. */
export function usable(value: number | null, quality: number, unit: string): number | null {
  if (value === null || !Number.isFinite(value) || severity(quality) === 2) return null;
  return fromSi(value, unit);
}

/** Add a live value unless it stands already; true when something was added. */
export function append(series: Series, timeS: number, value: number | null): boolean {
  const last = series.timeS.length - 1;
  if (!(timeS > (last >= 0 ? series.timeS[last] : -Infinity))) return false;
  series.timeS.push(timeS);
  series.value.push(value);
  if (series.timeS.length > APPENDED_MAX) {
    series.timeS.splice(0, APPENDED_MAX / 3);
    series.value.splice(0, APPENDED_MAX / 3);
  }
  return true;
}

/** One time axis for all series; a gap of a series stays a gap, a missing sample does not. */
export function align(series: readonly Series[]): uPlot.AlignedData {
  if (!series.length) return [[]];
  return uPlot.join(series.map((s) => [s.timeS, s.value] as uPlot.AlignedData));
}

/** The series as text: one row a time, one column a series. */
export function toCsv(series: readonly Series[], points: PointColumns, stamp: (ms: number) => string): string {
  const [times, ...columns] = align(series);
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = ["time", ...series.map((s) => `${points.id[s.handle]} ${s.origin} [${points.unit[s.handle]}]`)];
  const rows = Array.from(times, (time, k) =>
    [stamp(time * 1000), ...columns.map((column) => (column[k] == null ? "" : String(column[k])))].map(quote).join(","),
  );
  return `\uFEFF${[head.map(quote).join(","), ...rows].join("\r\n")}\r\n`;
}
