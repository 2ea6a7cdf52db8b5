/** Numbers in the units of the point list, and times in the time zone of the site. */

import { t, words } from "./i18n.svelte";
import type { UnitRow } from "./types";

const DIGITS: Record<string, number> = {
  Pa: 0,
  kPa: 1,
  MPa: 3,
  bar: 2,
  mH2O: 2,
  m: 2,
  mm: 0,
  mHead: 2,
  "m3/s": 4,
  "m3/h": 1,
  "L/s": 1,
  "kg/s": 3,
  "kg/h": 1,
  "t/h": 2,
  K: 1,
  degC: 1,
  "m/s": 2,
  kW: 1,
  MW: 2,
  "%": 1,
  ratio: 2,
  "mg/L": 2,
  NTU: 2,
};
const LABELS: Record<string, string> = {
  "m3/s": "m³/s",
  "m3/h": "m³/h",
  m3: "m³",
  degC: "°C",
  mH2O: "mH₂O",
  mHead: "m",
  ratio: "",
  "on/off": "",
};

let zone = "UTC";
let units: Record<string, UnitRow> = {};

export function useSite(timezone: string, table: Record<string, UnitRow>): void {
  zone = timezone;
  units = table;
}

export function unitLabel(unit: string): string {
  return LABELS[unit] ?? unit;
}

/** A value in SI as a number of the unit. */
export function fromSi(value: number, unit: string): number {
  const row = units[unit];
  return row ? (value - row.offset) / row.factor : value;
}

/** A difference in SI as a number of the unit: no offset. */
export function differenceFromSi(value: number, unit: string): number {
  const row = units[unit];
  return row ? value / row.factor : value;
}

export function digitsOf(unit: string): number {
  return DIGITS[unit] ?? 2;
}

/** A value in SI as text without its unit; "–" when there is none. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (unit === "on/off") return value >= 0.5 ? t("value.on") : t("value.off");
  return fromSi(value, unit).toFixed(digitsOf(unit));
}

export function formatDifference(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "–";
  if (unit === "on/off") return value === 0 ? "0" : value > 0 ? "+1" : "−1";
  const text = Math.abs(differenceFromSi(value, unit)).toFixed(digitsOf(unit));
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}

export function withUnit(value: number | null | undefined, unit: string): string {
  const label = unitLabel(unit);
  const text = formatValue(value, unit);
  return label && text !== "–" ? `${text} ${label}` : text;
}

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(style: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${style}/${zone}/${words.language}`;
  let format = made.get(key);
  if (!format) {
    const locale = words.language === "zh" ? "zh-CN" : "en-GB";
    format = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options });
    made.set(key, format);
  }
  return format;
}

/** 14:03:27 */
export function clock(ms: number): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return formatter("clock", options).format(ms);
}

/** 14:03 */
export function shortClock(ms: number): string {
  return formatter("short", { hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** The day and its weekday in the language. */
export function day(ms: number): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" } as const;
  return formatter("day", options).format(ms);
}

/** 2026-11-22 14:03:27, the same in both languages. */
export function stamp(ms: number, seconds = true): string {
  const parts = Object.fromEntries(
    formatter("stamp", {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    })
      .formatToParts(ms)
      .map((part) => [part.type, part.value]),
  );
  const date = `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
  return seconds ? `${date}:${parts.second}` : date;
}

/** The offset of the site from UTC at a time, as +08:00. */
export function offset(ms: number): string {
  const wall = Date.parse(`${stamp(ms).replace(" ", "T")}Z`);
  const minutes = Math.round((wall - Math.floor(ms / 1000) * 1000) / 60000);
  const size = Math.abs(minutes);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** 3 s, 5 min, 2 h, 4 d. */
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const s = Math.max(0, ms / 1000);
  if (s < 100) return `${Math.round(s)} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? "–" : n.toLocaleString("en-US").replaceAll(",", "\u202f");
}
