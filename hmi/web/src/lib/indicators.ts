/** The indicators of a period, schema `ringmain/indicators/1`. */

import type { Finding } from "./outage";

export interface Rate {
  value: number | null;
  numerator: number;
  denominator: number;
  excluded: number;
}

export interface IndicatorReport {
  period: { kind: string; name: string; from: string; to: string; complete: boolean };
  limit_pa: number | null;
  samples: { known: number; unknown: number };
  indicators: {
    name: string;
    name_zh: string;
    name_en: string;
    value: number | null;
    unit: string;
    numerator: number;
    denominator: number;
    excluded: [string, number][];
    findings: Finding[];
    verdict: string;
    source_zh: string;
    source_en: string;
  }[];
  hotline: {
    utility: string;
    name: string;
    percent: number | null;
    numerator: number;
    denominator: number;
    excluded: unknown[];
    finding: Finding | null;
  }[];
  pressure_parts: (Rate & { part: string })[];
  pressure_points: (Rate & { point: string; lowest_pa: number | null })[];
  not_computed: { name: string; name_zh: string; name_en: string; why_zh: string; why_en: string }[];
  zones: {
    id: string;
    name_zh: string;
    name_en: string;
    length_km: number | null;
    inflow_m3h: number | null;
    night_flow_m3h: number | null;
    night_use_m3h: number | null;
    leakage_m3h: number | null;
    covered: number;
    nights: number;
    nights_wanted: number;
    value: number | null;
    verdict: string;
  }[];
  exclusions: { point: string; from: string; to: string; cause: string; evidence: string }[];
}

export const PERIODS = ["day", "month", "quarter", "year"] as const;
export type PeriodKind = (typeof PERIODS)[number];

/** The period of a kind that holds a day (YYYY-MM-DD), as the server names it. */
export function periodOf(kind: PeriodKind, day: string): string {
  const [year, month] = day.split("-");
  if (kind === "day") return day;
  if (kind === "month") return `${year}-${month}`;
  return kind === "year" ? year : `${year}-Q${Math.ceil(Number(month) / 3)}`;
}
