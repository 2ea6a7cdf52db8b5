/** An outage proposal, schema `ringmain/outage-plan/1`. */

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
  x: number;
  y: number;
}

export interface TruckPlan {
  required: boolean;
  people: number;
  demand_m3: number;
  litres_per_person_day: number;
  source: string;
  lower_bound: number | null;
  trucks: number;
  undelivered_m3: number;
  routes: { truck: string; stops: Stop[] }[];
  binds: string | null;
  binds_zh?: string;
  notes: string[];
  notes_zh?: string[];
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
    households: number;
    people: number;
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
