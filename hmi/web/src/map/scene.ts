/** The drawing: deck.gl layers over one orthographic plan, without tiles and without reactive state. */

import { Deck, type Layer, OrthographicView, type PickingInfo } from "@deck.gl/core";

import type { Utility } from "../lib/frames";
import type { Selection } from "../lib/room.svelte";
import type { Geometry } from "../lib/types";
import { type IconAtlas, drawIcons } from "./icons";
import { type NetworkDrawing, linkLayers, nodeLayer, shownAt } from "./network_layers";
import { type Overlay } from "./overlay";
import { overlayLayers } from "./overlay_layers";
import type { Palette } from "./palette";
import { type PointDrawing, pointLayers } from "./point_layers";
import { type Box, boxOf, cut, middle } from "./segments";

export interface Hover {
  x: number;
  y: number;
  target: Exclude<Selection, null>;
}

export interface SceneEvents {
  hover: (hover: Hover | null) => void;
  click: (target: Selection) => void;
  /** Whether thin mains are left out at this scale. */
  coarse: (coarse: boolean) => void;
}

type ViewState = { target: [number, number, number]; zoom: number };

const NODES_FROM_ZOOM = -2.2;
const ARROWS_SPACING_PX = 46;

export class Scene {
  readonly #deck: Deck<OrthographicView>;
  readonly #parent: HTMLElement;
  readonly #events: SceneEvents;
  readonly #software = software();
  #palette: Palette;
  #icons: IconAtlas;
  #networks: NetworkDrawing[] = [];
  #points: PointDrawing | null = null;
  #overlay: Overlay | null = null;
  #selection: Selection = null;
  #arrows = false;
  #faded = false;
  #blink = true;
  #view: ViewState = { target: [0, 0, 0], zoom: 0 };
  #version = 0;
  #queued = false;
  #fitted = false;
  #focus: Box | null = null;

  constructor(parent: HTMLDivElement, palette: Palette, events: SceneEvents) {
    this.#parent = parent;
    this.#events = events;
    this.#palette = palette;
    this.#icons = drawIcons(palette);
    this.#deck = new Deck({
      parent,
      views: new OrthographicView({ id: "plan", flipY: false }),
      controller: { inertia: true, doubleClickZoom: true, scrollZoom: { speed: 0.02 } },
      initialViewState: this.#view as never,
      useDevicePixels: Math.min(devicePixelRatio, 2),
      deviceProps: { type: "webgl", webgl: { antialias: !this.#software } },
      pickingRadius: 7,
      layers: [],
      getCursor: ({ isDragging, isHovering }) =>
        isDragging ? "grabbing" : isHovering ? "pointer" : "default",
      onViewStateChange: ({ viewState }) => {
        const before = this.#view.zoom;
        this.#view = viewState as unknown as ViewState;
        this.#focus = null;
        // Layers depend on the zoom in whole and half steps only.
        if (Math.round(2 * before) !== Math.round(2 * this.#view.zoom)) this.#draw();
      },
      onHover: (info) => {
        const target = this.#targetOf(info);
        events.hover(target ? { x: info.x, y: info.y, target } : null);
      },
      onClick: (info) => events.click(this.#targetOf(info)),
    });
    new ResizeObserver(() => {
      if (!this.#fitted || this.#focus) this.fit(this.#focus ?? undefined);
    }).observe(parent);
  }

  destroy(): void {
    this.#deck.finalize();
  }

  usePalette(palette: Palette): void {
    if (palette === this.#palette) return;
    this.#palette = palette;
    this.#icons = drawIcons(palette);
    this.#version++;
    this.#draw();
  }

  useNetworks(nets: readonly Geometry[]): void {
    this.#networks = nets.map((net) => ({
      net,
      segments: cut(net),
      nodePositions: Float32Array.from(net.nodes.x.flatMap((x, k) => [x, net.nodes.y[k]])),
      linkColours: null,
      nodeColours: null,
      direction: null,
      version: this.#version++,
    }));
    this.#fitted = false;
    this.fit();
  }

  /** Colours by link and by node, RGBA; null draws the plain colour of the utility. */
  useColours(utility: Utility, link: Uint8Array | null, node: Uint8Array | null, direction: Int8Array | null): void {
    const drawing = this.#networks.find((d) => d.net.utility === utility);
    if (!drawing) return;
    drawing.linkColours = link;
    drawing.nodeColours = node;
    drawing.direction = direction;
    drawing.version = this.#version++;
    this.#draw();
  }

  usePoints(points: PointDrawing): void {
    this.#points = points;
    this.#draw();
  }

  useOverlay(overlay: Overlay | null): void {
    this.#overlay = overlay;
    this.#draw();
  }

  useOptions(options: { arrows: boolean; faded: boolean }): void {
    this.#arrows = options.arrows;
    this.#faded = options.faded;
    this.#draw();
  }

  select(selection: Selection): void {
    this.#selection = selection;
    this.#draw();
  }

  /** Unacknowledged alarms blink: shown and hidden in turn. */
  blink(on: boolean): void {
    this.#blink = on;
    if (this.#points?.alarming.length) this.#draw();
  }

  fit(box: Box = boxOf(this.#networks.map((d) => d.net)), margin = 44): void {
    const { clientWidth: width, clientHeight: height } = this.#parent;
    if (!this.#networks.length || width < 10 || height < 10) return;
    this.#fitted = true;
    const w = Math.max(box.x1 - box.x0, 50);
    const h = Math.max(box.y1 - box.y0, 50);
    const scale = Math.min((width - 2 * margin) / w, (height - 2 * margin) / h);
    this.#go((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, Math.log2(Math.max(scale, 1e-4)));
  }

  /** Show a part, and keep it in sight when the map changes its size; null shows all again. */
  focus(box: Box | null): void {
    this.#focus = box;
    if (box) this.fit(box);
  }

  zoomBy(steps: number): void {
    const [x, y] = this.#view.target;
    this.#go(x, y, this.#view.zoom + steps);
  }

  show(x: number, y: number): void {
    this.#go(x, y, Math.max(this.#view.zoom, -1));
  }

  #go(x: number, y: number, zoom: number): void {
    this.#view = { target: [x, y, 0], zoom: Math.min(Math.max(zoom, -12), 6) };
    this.#deck.setProps({ initialViewState: { ...this.#view } as never });
    this.#draw();
  }

  #targetOf(info: PickingInfo): Exclude<Selection, null> | null {
    if (!info.layer || info.index < 0) return null;
    const [kind, utility] = info.layer.id.split("/") as [string, Utility];
    if (kind === "points" || kind === "alarming") {
      const handles = kind === "points" ? this.#points?.handles : this.#points?.alarming;
      return handles ? { kind: "point", handle: handles[info.index] } : null;
    }
    const drawing = this.#networks.find((d) => d.net.utility === utility);
    if (!drawing) return null;
    if (kind === "links") return { kind: "link", utility, index: drawing.segments.link[info.index] };
    if (kind === "nodes") return { kind: "node", utility, index: info.index };
    if (kind === "signs") {
      const index = (info.object as { index: number; kind: "node" | "link" } | undefined)?.index;
      const what = (info.object as { kind: "node" | "link" }).kind;
      return index === undefined ? null : { kind: what, utility, index };
    }
    return null;
  }

  /** One redraw a frame, however many things changed. */
  #draw(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#deck.setProps({ layers: this.#layers() });
    });
  }

  #layers(): Layer[] {
    const common = {
      palette: this.#palette,
      icons: this.#icons,
      selection: this.#selection,
      faded: this.#faded || this.#overlay !== null,
      pixelsPerMetre: 2 ** (Math.round(2 * this.#view.zoom) / 2),
      sparing: this.#software,
    };
    this.#events.coarse(this.#networks.some((d) => shownAt(d.segments, common) < d.segments.count));
    const arrowsFrom = this.#arrows ? ARROWS_SPACING_PX / 2 ** this.#view.zoom : Infinity;
    const layers: Layer[] = this.#networks.flatMap((d) => linkLayers(d, common, arrowsFrom));
    if (this.#view.zoom > NODES_FROM_ZOOM) {
      layers.push(...this.#networks.map((d) => nodeLayer(d, common)));
    }
    if (this.#overlay) {
      const { medium } = this.#overlay;
      const drawn = this.#networks.find((d) => d.net.utility === medium);
      layers.push(...overlayLayers(this.#overlay, common, drawn?.net ?? null));
    }
    // A plan stands alone on the map: the present state of points would only hide it.
    if (this.#points && !this.#overlay) layers.push(...pointLayers(this.#points, common, this.#blink));
    return layers;
  }
}

/** Whether WebGL is drawn by the processor: smooth edges cost too much there. */
function software(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const name = gl?.getExtension("WEBGL_debug_renderer_info");
  const renderer = gl && name ? String(gl.getParameter(name.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(renderer);
}

export function placeOf(net: Geometry, kind: "node" | "link", index: number): { x: number; y: number } {
  return kind === "node" ? { x: net.nodes.x[index], y: net.nodes.y[index] } : middle(net, index);
}
