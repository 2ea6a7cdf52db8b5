/** Layers of a plan: the closed part, valves with their order, low nodes, users, truck routes. */

import type { Layer } from "@deck.gl/core";
import { IconLayer, LineLayer, TextLayer } from "@deck.gl/layers";

import type { Geometry } from "../lib/types";
import { ICON_MAPPING } from "./icons";
import type { Common } from "./network_layers";
import type { Overlay } from "./overlay";
import type { Rgb } from "./palette";
import { corners } from "./segments";

interface Piece {
  from: [number, number];
  to: [number, number];
  colour: Rgb;
}

function closedPieces(overlay: Overlay, net: Geometry, colour: Rgb): Piece[] {
  const wanted = new Set(overlay.links);
  const pieces: Piece[] = [];
  net.links.id.forEach((id, link) => {
    if (!wanted.has(id)) return;
    const at = corners(net, link);
    for (let k = 0; k + 3 < at.length; k += 2) {
      pieces.push({ from: [at[k], at[k + 1]], to: [at[k + 2], at[k + 3]], colour });
    }
  });
  return pieces;
}

function routePieces(overlay: Overlay, colours: readonly Rgb[]): Piece[] {
  return overlay.routes.flatMap(({ stops }, r) =>
    stops.slice(1).map((stop, k) => ({
      from: [stops[k].x + 6 * r, stops[k].y + 6 * r] as [number, number],
      to: [stop.x + 6 * r, stop.y + 6 * r] as [number, number],
      colour: colours[r % colours.length],
    })),
  );
}

function lines(id: string, data: Piece[], width: number, opacity = 1): Layer {
  return new LineLayer<Piece>({
    id,
    data,
    getSourcePosition: (p) => p.from,
    getTargetPosition: (p) => p.to,
    getColor: (p) => [...p.colour],
    getWidth: width,
    widthUnits: "pixels",
    opacity,
    updateTriggers: { getColor: data },
  });
}

export function overlayLayers(overlay: Overlay, common: Common, net: Geometry | null): Layer[] {
  const { palette, icons } = common;
  const base = { iconAtlas: icons, iconMapping: ICON_MAPPING };
  const stops = overlay.routes.flatMap((route, r) =>
    route.stops.map((stop) => ({ ...stop, colour: palette.route[r % palette.route.length] })),
  );
  return [
    ...(net ? [lines("closed", closedPieces(overlay, net, palette.text), 6)] : []),
    lines("routes", routePieces(overlay, palette.route), 2.5, 0.9),
    new IconLayer<(typeof stops)[number]>({
      ...base,
      id: "stops",
      data: stops,
      getIcon: () => "stop",
      getPosition: (s) => [s.x, s.y],
      getSize: 11,
      getColor: (s) => [...s.colour],
    }),
    new IconLayer<Overlay["low"][number]>({
      ...base,
      id: "plan-low",
      data: overlay.low,
      getIcon: () => "ring",
      getPosition: (n) => [n.x, n.y],
      getSize: 14,
      getColor: [...palette.low],
    }),
    new IconLayer<Overlay["users"][number]>({
      ...base,
      id: "plan-users",
      data: overlay.users,
      getIcon: () => "priority-user",
      getPosition: (u) => [u.x, u.y],
      getSize: 17,
    }),
    new IconLayer<Overlay["valves"][number]>({
      ...base,
      id: "plan-valves",
      data: overlay.valves,
      getIcon: () => "close",
      getPosition: (v) => [v.x, v.y],
      getSize: 24,
    }),
    new TextLayer<Overlay["valves"][number]>({
      id: "plan-valve-order",
      data: overlay.valves,
      getText: (v) => String(v.order),
      getPosition: (v) => [v.x, v.y],
      getSize: 12,
      fontWeight: 700,
      fontFamily: "system-ui, sans-serif",
      getColor: [...palette.ground],
      characterSet: "0123456789",
    }),
  ];
}
