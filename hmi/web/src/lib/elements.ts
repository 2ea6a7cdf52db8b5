/** What is known of a network element: from the drawing and from the solved state. */

import { GAS_MAINS_PA, flowOf, pressurePa, speedOf } from "../map/colouring";
import type { StateFrame } from "./frames";
import { withUnit } from "./format";
import { t } from "./i18n.svelte";
import { live } from "./live.svelte";
import { type Selection, room } from "./room.svelte";

export interface ElementFacts {
  id: string;
  kind: string;
  rows: [string, string][];
  points: number[];
}

type Element = Exclude<Selection, null | { kind: "point" }>;

function hasState(target: Element): boolean {
  const net = room.geometries[target.utility];
  const state = live.states[target.utility];
  return !!net && !!state && state.status.length === net.links.id.length;
}

/** What a solved state says of a node: its pressure, and what else the medium has there. */
function nodeFacts(state: StateFrame, k: number): [string, string][] {
  const pa = pressurePa(state, k);
  const unit = state.utility === "water" || state.utility === "heat" ? "MPa" : pa > GAS_MAINS_PA ? "kPa" : "Pa";
  const none = state.utility === "gas" ? t("fact.no-gas") : t("fact.unsupplied");
  const rows: [string, string][] = [[t("fact.pressure"), Number.isFinite(pa) ? withUnit(pa, unit) : none]];
  if (state.utility === "water") {
    rows.push([t("fact.head"), withUnit(state.headM[k], "m")]);
    rows.push([t("fact.demand"), withUnit(state.demandM3s[k], "m3/h")]);
  } else if (state.utility === "gas") {
    rows.push([t("fact.demand"), withUnit(state.demandKgs[k], "t/h")]);
  } else {
    rows.push([t("fact.temperature"), withUnit(state.temperatureK[k], "degC")]);
  }
  return rows;
}

/** Facts as rows of name and text; null when the drawing has not come yet. */
export function elementFacts(target: Exclude<Selection, null>): ElementFacts | null {
  if (target.kind === "point") return null;
  const net = room.geometries[target.utility];
  if (!net) return null;
  const k = target.index;
  const state = hasState(target) ? live.states[target.utility] : undefined;
  const rows: [string, string][] = [];
  if (target.kind === "node") {
    const id = net.nodes.id[k];
    if (state) rows.push(...nodeFacts(state, k));
    rows.push([t("fact.elevation"), withUnit(net.nodes.elevation_m[k], "m")]);
    const points = room.pointsAt.get(`${target.utility}/node:${id}`) ?? [];
    return { id, kind: net.kinds[net.nodes.kind[k]], rows, points };
  }
  const id = net.links.id[k];
  if (state) {
    rows.push([t("fact.flow"), withUnit(flowOf(state, k), state.utility === "water" ? "m3/h" : "t/h")]);
    rows.push([t("fact.velocity"), withUnit(speedOf(net, state, k), "m/s")]);
    if (state.utility === "heat" && Number.isFinite(state.availablePa[k])) {
      rows.push([t("fact.differential"), withUnit(state.availablePa[k], "kPa")]);
      rows.push([t("fact.heat"), withUnit(state.heatW[k], "MW")]);
    }
    rows.push([t("fact.status"), state.status[k] >= 0.5 ? t("fact.open") : t("fact.closed")]);
  }
  if (net.links.diameter_mm[k] > 0) rows.push([t("fact.diameter"), `DN ${Math.round(net.links.diameter_mm[k])}`]);
  if (net.links.length_m[k] > 0) rows.push([t("fact.length"), `${net.links.length_m[k].toFixed(0)} m`]);
  const start = net.nodes.id[net.links.start[k]];
  const end = net.nodes.id[net.links.end[k]];
  rows.push([t("fact.ends"), `${start} → ${end}`]);
  const points = room.pointsAt.get(`${target.utility}/link:${id}`) ?? [];
  return { id, kind: net.kinds[net.links.kind[k]], rows, points };
}
