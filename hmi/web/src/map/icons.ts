/** One picture with every sign of the map, drawn once a theme: shapes say what colours say. */

import type { Texture } from "@luma.gl/core";

import { type Palette, PRIORITY_RGB, type Rgb, css } from "./palette";

const CELL = 64;
export const SIGNS = [
  "good",
  "uncertain",
  "bad",
  "urgent",
  "high",
  "medium",
  "low",
  "ring",
  "reservoir",
  "tank",
  "source",
  "pump",
  "valve",
  "arrow",
  "close",
  "priority-user",
  "stop",
] as const;
export type Sign = (typeof SIGNS)[number];

export const ICON_MAPPING = Object.fromEntries(
  SIGNS.map((sign, k) => [
    sign,
    { x: k * CELL, y: 0, width: CELL, height: CELL, mask: sign === "ring" || sign === "arrow" || sign === "stop" },
  ]),
);

type Draw = (c: CanvasRenderingContext2D, p: Palette) => void;

function polygon(c: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  c.beginPath();
  points.forEach(([x, y], k) => (k ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

function circle(c: CanvasRenderingContext2D, radius: number): void {
  c.beginPath();
  c.arc(32, 32, radius, 0, 2 * Math.PI);
}

function filled(c: CanvasRenderingContext2D, fill: Rgb, edge: Rgb, width = 5): void {
  c.fillStyle = css(fill);
  c.fill();
  c.lineWidth = width;
  c.strokeStyle = css(edge);
  c.stroke();
}

function numeral(c: CanvasRenderingContext2D, text: string, ink: string, y = 34): void {
  c.fillStyle = ink;
  c.font = "bold 32px system-ui, sans-serif";
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, 32, y);
}

const DRAW: Record<Sign, Draw> = {
  good: (c, p) => {
    circle(c, 18);
    filled(c, p.point, p.pointEdge, 6);
  },
  uncertain: (c, p) => {
    circle(c, 18);
    filled(c, p.point, p.pointEdge, 6);
    c.beginPath();
    c.arc(32, 32, 15, Math.PI / 2, 1.5 * Math.PI);
    c.fillStyle = css(p.pointEdge);
    c.fill();
  },
  bad: (c, p) => {
    circle(c, 20);
    filled(c, p.ground, p.text, 6);
    c.beginPath();
    c.moveTo(21, 21);
    c.lineTo(43, 43);
    c.moveTo(43, 21);
    c.lineTo(21, 43);
    c.stroke();
  },
  urgent: (c, p) => {
    polygon(c, [[8, 8], [56, 8], [56, 56], [8, 56]]);
    filled(c, PRIORITY_RGB.urgent, p.halo, 4);
    numeral(c, "1", "#fff");
  },
  high: (c, p) => {
    polygon(c, [[32, 4], [60, 56], [4, 56]]);
    filled(c, PRIORITY_RGB.high, p.halo, 4);
    numeral(c, "2", "#1c1206", 41);
  },
  medium: (c, p) => {
    polygon(c, [[32, 4], [60, 32], [32, 60], [4, 32]]);
    filled(c, PRIORITY_RGB.medium, p.halo, 4);
    numeral(c, "3", "#1c1600");
  },
  low: (c, p) => {
    circle(c, 25);
    filled(c, PRIORITY_RGB.low, p.halo, 4);
    numeral(c, "4", "#fff");
  },
  ring: (c) => {
    circle(c, 27);
    c.lineWidth = 8;
    c.strokeStyle = "#fff";
    c.stroke();
  },
  reservoir: (c, p) => {
    polygon(c, [[6, 18], [58, 18], [46, 52], [18, 52]]);
    filled(c, p.point, p.pointEdge);
    c.beginPath();
    c.moveTo(12, 28);
    c.lineTo(52, 28);
    c.stroke();
  },
  tank: (c, p) => {
    polygon(c, [[12, 10], [52, 10], [52, 54], [12, 54]]);
    filled(c, p.point, p.pointEdge);
    c.fillStyle = css(p.pointEdge);
    c.fillRect(14, 32, 36, 20);
  },
  source: (c, p) => {
    polygon(c, [[32, 6], [58, 26], [48, 56], [16, 56], [6, 26]]);
    filled(c, p.point, p.pointEdge);
  },
  pump: (c, p) => {
    circle(c, 23);
    filled(c, p.point, p.pointEdge);
    polygon(c, [[24, 18], [50, 32], [24, 46]]);
    c.fillStyle = css(p.pointEdge);
    c.fill();
  },
  valve: (c, p) => {
    polygon(c, [[8, 16], [56, 48], [56, 16], [8, 48]]);
    filled(c, p.point, p.pointEdge);
  },
  arrow: (c) => {
    polygon(c, [[58, 32], [14, 10], [24, 32], [14, 54]]);
    c.fillStyle = "#fff";
    c.fill();
  },
  close: (c, p) => {
    circle(c, 27);
    filled(c, p.valve, p.halo, 4);
  },
  "priority-user": (c, p) => {
    circle(c, 24);
    filled(c, p.point, p.text, 6);
    c.beginPath();
    c.moveTo(32, 20);
    c.lineTo(32, 44);
    c.moveTo(20, 32);
    c.lineTo(44, 32);
    c.lineWidth = 8;
    c.stroke();
  },
  stop: (c) => {
    polygon(c, [[10, 10], [54, 10], [54, 54], [10, 54]]);
    c.fillStyle = "#fff";
    c.fill();
  },
};

/** The atlas of a palette. deck.gl takes a canvas as well, though its type names textures only. */
export type IconAtlas = Texture;

export function drawIcons(palette: Palette): IconAtlas {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * SIGNS.length;
  canvas.height = CELL;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D canvas");
  SIGNS.forEach((sign, k) => {
    context.save();
    context.translate(k * CELL, 0);
    context.lineJoin = "round";
    context.lineCap = "round";
    DRAW[sign](context, palette);
    context.restore();
  });
  return canvas as unknown as IconAtlas;
}
