import type { Utility } from "./frames";

export type Priority = "urgent" | "high" | "medium" | "low";
export const PRIORITIES: readonly Priority[] = ["urgent", "high", "medium", "low"];

export interface UnitRow {
  quantity: string;
  factor: number;
  offset: number;
}

export interface Site {
  name_zh: string;
  name_en: string;
  language: string;
  timezone: string;
  version: string;
  networks: Partial<Record<Utility, { nodes: number; links: number; title: string }>>;
  points: number;
  drivers: string[];
  end_limit_pa: number | null;
  end_rule: string;
  units: Record<string, UnitRow>;
  qualities: Record<string, string>;
}

export interface PointColumns {
  id: string[];
  utility: Utility[];
  quantity: string[];
  unit: string[];
  element: string[];
  driver: string[];
  address: string[];
  scan: string[];
  priority: Priority[];
  rule: string[];
  text_zh: string[];
  text_en: string[];
  writable: boolean[];
  end_point: boolean[];
  low_low: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  high_high: (number | null)[];
}

export interface Geometry {
  utility: Utility;
  kinds: string[];
  placed: number;
  nodes: { id: string[]; x: number[]; y: number[]; elevation_m: number[]; kind: number[] };
  links: {
    id: string[];
    start: number[];
    end: number[];
    diameter_mm: number[];
    length_m: number[];
    kind: number[];
    vertices: Record<string, number[]>;
  };
}

export interface Outlook {
  limit_pa: number;
  people_now: number;
  people: number;
  in_min: number;
  tank: string;
  tank_empty_min: number | null;
  /** When the model said so. */
  time_ns: number;
}

export interface Alarm {
  id: string;
  source: string;
  kind: string;
  state: "unacknowledged" | "acknowledged" | "returned" | "latched" | "latched-acknowledged" | "normal";
  priority: Priority;
  value: number | null;
  limit: number | null;
  unit: string;
  raised_ns: number;
  changed_ns: number;
  acknowledged_by: string;
  comment: string;
  rule: string;
  text_zh: string;
  text_en: string;
  occurrences: number;
  /** What the model says will come of the present state if nothing is done. */
  outlook?: Outlook;
  /** Shelved, suppressed by design or out of service: kept from the operator. */
  held?: boolean;
  holds?: {
    shelf?: { kind: string; user: string; reason: string; until_ns: number };
    suppressed?: { by: string };
    service?: { user: string; reason: string; permit: string };
  };
  group?: string;
  /** Of its group it was the first. */
  first?: boolean;
}

export interface JournalEntry extends Alarm {
  sequence: number;
  event: string;
  time_ns: number;
  user?: string;
  message?: string;
}

export interface LinkRow {
  name: string;
  kind: string;
  endpoint: string;
  state: "up" | "down" | "starting";
  since_ns: number;
  reads: number;
  errors: number;
  overruns: number;
  last_error: string;
}

export interface StateInfo {
  utility: Utility;
  time_ns: number;
  n_nodes: number;
  n_links: number;
  solve_ms: number;
  low_end_nodes: string[];
  /** Gas: the band of users' pressure by the rules in force. */
  band_pa?: [number, number] | null;
  /** Gas and heat: figures of the model by name, boundary points it goes without, what limits it. */
  figures?: Record<string, number>;
  kept_points?: string[];
  remarks?: string[];
  report: Record<string, unknown>;
  [more: string]: unknown;
}

export interface History {
  time_ms: number[];
  value: (number | null)[];
  quality: number[];
}
