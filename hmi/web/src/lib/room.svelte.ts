/** The site with its point list, and what the operator has chosen: theme, name, selection. */

import { get } from "./api";
import type { Utility } from "./frames";
import { useSite } from "./format";
import { words } from "./i18n.svelte";
import type { Geometry, PointColumns, Site } from "./types";

export type Selection =
  | { kind: "point"; handle: number }
  | { kind: "node" | "link"; utility: Utility; index: number }
  | null;

export type UtilityFilter = Utility | "all";
export type Theme = "light" | "dark";

class Room {
  site = $state.raw<Site | null>(null);
  points = $state.raw<PointColumns | null>(null);
  geometries = $state.raw<Partial<Record<Utility, Geometry>>>({});
  error = $state<unknown>(null);
  selection = $state.raw<Selection>(null);
  utility = $state<UtilityFilter>("all");
  theme = $state<Theme>("light");
  operator = $state("");
  /** Handles of the points at an element, by `utility/node:ID`. */
  readonly pointsAt = new Map<string, number[]>();
  readonly handleOf = new Map<string, number>();

  /** `account`: who is logged in; in a lab the name is the one typed last. */
  async load(account: string | null): Promise<void> {
    this.operator = account ?? localStorage.getItem("ringmain.operator") ?? "";
    const wished = localStorage.getItem("ringmain.theme");
    this.useTheme(wished === "dark" ? "dark" : "light");
    try {
      const [site, table] = await Promise.all([
        get<Site>("/api/site"),
        get<{ count: number; columns: PointColumns }>("/api/points"),
      ]);
      useSite(site.timezone, site.units);
      words.start(site.language);
      table.columns.id.forEach((id, handle) => {
        this.handleOf.set(id, handle);
        const element = table.columns.element[handle];
        if (!element) return;
        const key = `${table.columns.utility[handle]}/${element}`;
        this.pointsAt.set(key, [...(this.pointsAt.get(key) ?? []), handle]);
      });
      this.points = table.columns;
      this.site = site;
      const utilities = Object.keys(site.networks) as Utility[];
      const found = await Promise.all(utilities.map((u) => get<Geometry>(`/api/network/${u}`)));
      this.geometries = Object.fromEntries(found.map((g) => [g.utility, g]));
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  useTheme(theme: Theme): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("ringmain.theme", theme);
  }

  useOperator(name: string): void {
    this.operator = name.trim();
    localStorage.setItem("ringmain.operator", this.operator);
  }

  select(selection: Selection): void {
    this.selection = selection;
  }

  /** Utilities this site has, in the order water, gas, heat. */
  get utilities(): Utility[] {
    const networks = this.site?.networks ?? {};
    return (["water", "gas", "heat"] as const).filter(
      (u) => u in networks || this.points?.utility.includes(u),
    );
  }
}

export const room = new Room();
