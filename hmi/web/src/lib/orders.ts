/** Outage orders as the server tells them, and what each step asks of whoever takes it. */

import type { Finding } from "./outage";

export type Medium = "water" | "gas" | "heat";
export const MEDIA: Medium[] = ["water", "gas", "heat"];
export const DESK_ROLES = ["planner", "dispatcher", "leader", "crew"] as const;
export type DeskRole = (typeof DESK_ROLES)[number];
/** The way of an order that nothing stops. */
export const WAY = ["study", "requested", "approved", "published", "underway", "restoring", "restored", "closed"];
export const OPEN_STATES = ["study", "requested", "approved", "published", "underway", "restoring", "restored"];
/** States in which a crew may be sent. */
export const NEEDS_CREW = ["requested", "approved", "published", "underway", "restoring"];
export const WORKS = ["ordinary", "pressure-reduction", "secondary", "overhaul", "filling"];

export interface Transition {
  action: string;
  from: string[];
  to: string | null;
  roles: DeskRole[];
  gates: string[];
  tells: string[];
}

export interface Table {
  transitions: Transition[];
}

export interface Order {
  id: string;
  medium: Medium;
  kind: "planned" | "unplanned";
  state: string;
  version: number;
  element: string;
  start: string;
  end: string;
  requester: string;
  reason: string;
  scope: string;
  work: string;
  size: string;
  people: number;
  households: number;
  residential: boolean;
  proposal: string;
  approver: string;
  authority: string;
  authority_until: string | null;
  delivery_plan: boolean | null;
  publications: { at: string; start: string; end: string }[];
  facts: { name: string; at: string; by: string }[];
  started: string | null;
  work_done: string | null;
  restored: string | null;
}

export interface Due {
  what: string;
  at: string;
  rule: string;
  clause: string;
}

export interface Conflict {
  with: string;
  element: string;
  state: string;
  meets: string;
  shared: string[];
  text_zh: string;
  text_en: string;
}

export interface OrderRow {
  order: Order;
  due: Due | null;
}

export interface OrderStep {
  number: number;
  action: string;
  at_ns: number;
  entered_ns: number;
  user: string;
  role: string;
  details: Record<string, unknown> & { findings?: Finding[] };
}

export interface OrderFile extends OrderRow {
  facts_needed: string[];
  conflicts?: Conflict[];
  steps: OrderStep[];
}

export interface NoticeContent {
  title_zh: string;
  title_en: string;
  zh: string;
  en: string;
}

export interface Sent {
  id: string;
  channel: string;
  audience: string;
  state: string;
  attempts: number;
  receipt: string;
  created_ns: number;
  content: NoticeContent;
}

/** What a step would do, asked before it is taken. */
export interface Trial {
  order: Order;
  findings: Finding[];
  messages: { channel: string; audience: string; content: NoticeContent }[];
  conflicts?: Conflict[];
}

export interface Input {
  name: string;
  kind: "moment" | "text" | "fact";
  required?: boolean;
}

const LATE: Input = { name: "at", kind: "moment" };
const WHY: Input = { name: "why", kind: "text" };
/** What a step takes beside its name; a moment left empty is now. */
export const INPUTS: Record<string, Input[]> = {
  amend: [
    { name: "start", kind: "moment" },
    { name: "end", kind: "moment" },
    { name: "reason", kind: "text" },
    { name: "scope", kind: "text" },
  ],
  "authority-approval": [
    { name: "number", kind: "text", required: true },
    { name: "until", kind: "moment" },
  ],
  extend: [
    { name: "end", kind: "moment", required: true },
    { name: "reason", kind: "text" },
  ],
  record: [{ name: "fact", kind: "fact", required: true }, LATE],
  start: [LATE],
  "work-done": [LATE],
  restore: [LATE],
  "road-told": [LATE],
  rework: [WHY, LATE],
  reject: [WHY],
  cancel: [WHY],
  discard: [WHY],
  correct: [
    { name: "why", kind: "text", required: true },
    { name: "corrected_at", kind: "moment" },
  ],
};

/** Steps open in a state, in the table's order; the correction of an earlier one is not among them. */
export function openSteps(table: Table, state: string): Transition[] {
  return table.transitions.filter((one) => one.from.includes(state));
}

/** The details of a step from what was typed: empty fields are left out. */
export function detailsOf(action: string, typed: Record<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of INPUTS[action] ?? []) {
    const text = (typed[name] ?? "").trim();
    if (text) found[name] = text;
  }
  return found;
}

/** Facts that restoring still waits for. */
export function missingFacts(file: OrderFile): string[] {
  return file.facts_needed.filter((name) => !file.order.facts.some((fact) => fact.name === name));
}

/** Orders with the soonest deadline in front; those without one last. */
export function bySoonest(rows: OrderRow[]): OrderRow[] {
  const when = (row: OrderRow) => (row.due ? Date.parse(row.due.at) : Infinity);
  return rows.toSorted((a, b) => (when(a) === when(b) ? 0 : when(a) - when(b)));
}
