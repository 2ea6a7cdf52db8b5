/** Advice to the dispatcher as the server tells it, for each medium. */

interface WaterState {
  worst_end_mpa: number | null;
  worst_end: string;
  ends_below: number;
  mean_mpa: number;
  unsupplied: number;
  converged: boolean;
}

export interface WaterAdvice {
  schema: string;
  at: string;
  hours: number;
  demand: number;
  limit_mpa: number | null;
  ends: number;
  now: WaterState;
  advice: {
    kind: string;
    elements: string[];
    unit: string;
    now: number | null;
    to: number | null;
    reaches: boolean;
    effect: WaterState;
    text_zh: string;
    text_en: string;
  }[];
}

interface GasState {
  residents_kgs: number;
  others_kgs: number;
  lowest_resident_pa: number | null;
  residents_below: number;
  converged: boolean;
}

export interface GasAdvice {
  schema: string;
  at: string;
  available_kgs: number;
  wanted_kgs: number;
  short_kgs: number;
  limit_pa: number | null;
  share: { residents: number; others: number };
  others: { node: string; wanted_kgs: number; given_kgs: number }[];
  now: GasState;
  effect: GasState;
  text_zh: string;
  text_en: string;
}

export interface HeatAdvice {
  schema: string;
  design_c: number;
  indoor_c: number;
  plants: string[];
  curve: {
    outdoor_c: number;
    load: number;
    supply_c: number;
    reaches: boolean;
    now: { lost_w: number; stations_short: number };
    effect: { lost_w: number; stations_short: number; unmet_w: number };
    saved_w: number;
    text_zh: string;
    text_en: string;
  }[];
}

export type Advice = WaterAdvice | GasAdvice | HeatAdvice;
