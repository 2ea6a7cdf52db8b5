/** The view shown, kept in the address after `#` so that it can be linked and reloaded. */

export const VIEWS = ["map", "points", "alarms", "events", "trends", "outages", "orders", "incidents", "crews", "hotline", "advice", "indicators", "system", "access", "import"] as const;
export type View = (typeof VIEWS)[number];

class Route {
  view = $state<View>("map");
  query = $state.raw(new URLSearchParams());

  constructor() {
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  #read(): void {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    this.view = VIEWS.find((v) => v === path) ?? "map";
    this.query = new URLSearchParams(query ?? "");
  }

  go(view: View, query: Record<string, string> = {}): void {
    const text = new URLSearchParams(query).toString();
    location.hash = text ? `/${view}?${text}` : `/${view}`;
  }
}

export const route = new Route();
