/** Incidents and hotline orders as the server tells them. */

import type { Finding } from "./outage";

export interface Timer {
  clock: string;
  rule: string;
  clause: string;
  due: string;
  ended: string | null;
  state: string;
  reason?: string;
}

export interface IncidentFacts {
  id: string;
  kind: string;
  element: string;
  reported: string;
  people: number;
  steps: Record<string, string>;
  pressure_pa: number | null;
  room_c: number | null;
}

export interface TakenStep {
  number: number;
  action: string;
  at_ns: number;
  user: string;
  role: string;
}

export interface IncidentFile {
  id: string;
  incident: IncidentFacts;
  report: {
    level: string | null;
    operating_accident: boolean;
    timers: Timer[];
    told: Finding[];
    measured: Finding[];
    texts: Record<string, string>;
  };
  steps: TakenStep[];
}

export interface WorkFile {
  id: string;
  work: {
    type: string;
    utility: string;
    text: string;
    state: string;
    received: string;
    failures: number;
    repeats: number;
    node: string;
  };
  timers: Timer[];
  steps?: TakenStep[];
}

export interface Pin {
  id: string;
  utility: string;
  x: number;
  y: number;
  kind: "known" | "cluster" | "open";
  outage: string;
  restored: string | null;
  link: string;
}

export const KINDS = ["burst", "water-leak", "low-pressure", "gas-leak", "no-gas", "heat-fault", "cold-room"];
export const UTILITY: Record<string, string> = {
  burst: "water",
  "water-leak": "water",
  "low-pressure": "water",
  "gas-leak": "gas",
  "no-gas": "gas",
  "heat-fault": "heat",
  "cold-room": "heat",
};
/** The steps that belong to each kind, in their usual order. */
const ALWAYS = ["dispatched", "arrived"];
const STOP = ["stopped", "users-told", "media-told", "authority-told", "sampled"];
const END = ["repaired", "restored", "site-cleared", "road-told"];
export const STEPS: Record<string, string[]> = {
  burst: [...ALWAYS, "response-started", "controlled", ...STOP, ...END],
  "water-leak": [...ALWAYS, ...END],
  "low-pressure": [...ALWAYS, "measured", "restored"],
  "gas-leak": [...ALWAYS, "meter-closed", "controlled", "users-told", "authority-told", "repaired", "restored"],
  "no-gas": [...ALWAYS, "measured", "repaired", "restored"],
  "heat-fault": [...ALWAYS, "users-told", "authority-told", "repaired", "restored"],
  "cold-room": [...ALWAYS, "measured", "restored"],
};
export const EXCUSES = ["traffic", "road", "obstacle", "no-working-conditions", "force-majeure"];
export const TEXTS = ["cause", "measures", "improvement", "prevention"];

/** What may be done with a hotline order in each state, and in which role of the desk. */
export const WORK_STEPS: { action: string; role: string; from: string[] }[] = [
  { action: "dispatch", role: "operator", from: ["received"] },
  { action: "confirm", role: "unit", from: ["dispatched"] },
  { action: "handled", role: "unit", from: ["confirmed", "pending", "supervised"] },
  { action: "not-handled", role: "unit", from: ["confirmed", "supervised", "handled"] },
  { action: "extend", role: "business", from: ["confirmed", "supervised"] },
  { action: "pend", role: "leader", from: ["confirmed", "supervised"] },
  { action: "close", role: "operator", from: ["handled"] },
  { action: "repeat", role: "operator", from: ["received", "dispatched", "confirmed", "pending", "supervised", "handled"] },
];
export const SIGNATURES = ["unit", "business-section", "duty-supervisor", "supervision-section", "centre-leader"];
