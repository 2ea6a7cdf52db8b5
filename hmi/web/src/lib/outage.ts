/** An outage proposal, schema `ringmain/outage-plan/1`. */

import type { Conflict } from "./orders";

export interface Finding {
  rule: string;
  verdict: string;
  value: unknown;
  limit: unknown;
  unit: string | null;
  deadline: string | null;
  effect: string | null;
  clause: string | null;
  text_zh: string;
  text_en: string;
}

export interface AffectedCustomer {
  id: string;
  name_zh: string;
  name_en: string;
  community: string;
  class: string;
  households: number;
  people: number;
  effect: "cut_off" | "low_pressure";
  minimum_pressure_mpa: number | null;
  hours: number | null;
}

export interface Stop {
  kind: string;
  id: string;
  arrive: string | null;
  leave: string | null;
  load_m3: number;
  wait_s?: number;
  x: number;
  y: number;
}

export interface TruckRoute {
  truck: string;
  stops: Stop[];
}

export interface TruckPlan {
  required: boolean;
  people: number;
  demand_m3: number;
  daily_m3?: number;
  litres_per_person_day: number;
  source: string;
  lower_bound: number | null;
  trucks: number;
  undelivered_m3: number;
  points?: { id: string; x: number; y: number; people: number; daily_m3: number; priority: boolean }[];
  routes: TruckRoute[];
  binds: string | null;
  binds_zh?: string;
  levers?: { name: string; change: string; change_zh: string; saves_trucks: number }[];
  notes: string[];
  notes_zh?: string[];
}

/** Trucks planned anew while the outage runs. */
export interface TrucksAnew {
  number: number;
  user: string;
  day: number;
  now: string;
  brought_m3: Record<string, number>;
  broken: string[];
  trucks: TruckPlan;
}

export interface GasHit {
  limit_pa: number | null;
  watched: number;
  line_pack_kg: number;
  users: { id: string; falls_s: number; below_h: number; inside: boolean }[];
  base_below: string[];
  settled: boolean;
}

export interface HeatHit {
  outdoor_c: number;
  homes: { household_m2: number; time_constant_h: number };
  watched_h: number;
  cut_off: string[];
  converged: boolean;
  limits_c: number[];
  households: number;
  households_below: Record<string, number>;
  refund_household_days: number;
  stations: {
    station: string;
    households: number;
    area_m2: number;
    lowest_c: number;
    falls_h: Record<string, number | null>;
    below_h: Record<string, number>;
    refund_days: number;
    verdict: string;
  }[];
}

export interface OutageWindow {
  start: string;
  end: string;
  hours: number;
  missed_m3: number | null;
  priority_users: number;
  tanks_dry: number;
  in_time: boolean;
  late_for: string[];
}

export interface WindowSearch {
  element: string;
  hours_kind: string;
  best: OutageWindow | null;
  windows: OutageWindow[];
}

export interface PlannedValve {
  id: string;
  link: string;
  x: number | null;
  y: number | null;
  dn_mm: number | null;
  remote: boolean;
  order: number;
}

export interface LowNode {
  id: string;
  x: number | null;
  y: number | null;
  minimum_mpa: number | null;
  first_below: string | null;
}

export interface Proposal {
  schema: string;
  id: string;
  medium: "water" | "gas" | "heat";
  element: string;
  kind: string;
  reason?: string;
  start: string;
  end: string;
  duration_h: number;
  created: string;
  isolation: {
    valves: PlannedValve[];
    segment_nodes: string[];
    segment_links: string[];
    extra_cut_off_nodes: string[];
    notes: string[];
    notes_zh?: string[];
  };
  impact: {
    customers: AffectedCustomer[];
    households: number | null;
    people: number | null;
    gas?: GasHit;
    heat?: HeatHit;
    communities: { id: string; households: number; people: number }[];
    priority_users: AffectedCustomer[];
    hydraulics: {
      times: string[];
      worst_pressure_mpa: (number | null)[];
      below_limit_nodes: LowNode[];
      base_below_nodes: unknown[];
      tanks: { id: string; minimum_level_m: number | null; runs_dry_at: string | null }[];
      report: unknown;
    } | null;
  };
  findings: Finding[];
  deadlines: { rule: string; at: string; text_zh: string; text_en: string; met: boolean }[];
  notice: { zh: string; en: string; items: Record<string, string>; missing: string[] };
  trucks: TruckPlan | null;
  publishable: boolean;
  blocked_by: string[];
  conflicts?: Conflict[];
  truck_plans?: TrucksAnew[];
}

export interface ProposalSummary {
  id: string;
  element: string;
  start: string;
  end: string;
  created: string;
  publishable: boolean;
  people: number | null;
  households: number | null;
  blocked_by: string[];
}
