/** Changes of the site's tables as the server tells them. */

export interface FileProblem {
  file: string;
  line: number | null;
  field: string;
  found: string;
  expected: string;
}

export interface Part {
  added: string[];
  removed: string[];
  changed: Record<string, Record<string, { from: string | number | boolean; to: string | number | boolean }>>;
}

export const PARTS = ["points", "alarms", "drivers", "scan"] as const;
type Counted = Record<(typeof PARTS)[number], { added: number; removed: number; changed: number }>;
export type Difference = Record<(typeof PARTS)[number], Part> & { counts: Counted };

export interface Checked {
  problems: FileProblem[];
  difference: Difference | null;
}

export interface Configuration {
  version: number;
  versions: { number: number; time: string; user: string; comment: string }[];
  points_digest: Record<string, string | null>;
}

/** The files that may be brought, and the field of the request each goes into. */
export const FILES = { "points.csv": "points_csv", "alarms.csv": "alarms_csv" } as const;
export type FileName = keyof typeof FILES;

/** Whether a difference changes nothing. */
export function isSame(difference: Difference): boolean {
  return PARTS.every((part) => Object.values(difference.counts[part]).every((n) => n === 0));
}
