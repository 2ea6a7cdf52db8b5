/** What pages work out by themselves: courses, trucks' days, steps of orders, periods. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { compiled } from "./compiled.mjs";

const { courseOf, niceStep, valueAt } = await compiled("course");
const { against, bySoonest: crewsBySoonest, doingOf } = await compiled("crews");
const { periodOf } = await compiled("indicators");
const { bySoonest, detailsOf, missingFacts, openSteps } = await compiled("orders");
const { labelsOf, loadOf, partsOf, spanOf } = await compiled("trucks");

test("a course counts what has happened by each hour, and leaves out what never does", () => {
  const falls = [
    { at_h: 4, count: 10 },
    { at_h: 2, count: 5 },
    { at_h: 4, count: 1 },
    { at_h: null, count: 99 },
    { at_h: 40, count: 7 },
  ];
  const course = courseOf("below", falls, 24);
  assert.deepEqual(course.steps, [[0, 0], [2, 5], [4, 16]]);
  assert.equal(valueAt(course, 1.9), 0);
  assert.equal(valueAt(course, 2), 5);
  assert.equal(valueAt(course, 24), 16);
  assert.deepEqual(courseOf("at once", [{ at_h: 0, count: 3 }], 24).steps, [[0, 3]]);
});

test("axes have round steps that cover their range", () => {
  for (const most of [1, 7, 33, 968, 26_968.9]) {
    const step = niceStep(most, 4);
    assert.ok(step * 4 >= most, `${most}: ${step}`);
    assert.match(step.toExponential(), /^[125]e/);
  }
});

const route = {
  truck: "T1",
  stops: [
    { kind: "depot", id: "D", arrive: "2026-11-30T08:00:00Z", leave: "2026-11-30T08:00:00Z", load_m3: 0, x: 0, y: 0 },
    { kind: "fill", id: "F", arrive: "2026-11-30T08:10:00Z", leave: "2026-11-30T08:30:00Z", load_m3: 8, wait_s: 300, x: 1, y: 0 },
    { kind: "deliver", id: "C", arrive: "2026-11-30T08:40:00Z", leave: "2026-11-30T09:00:00Z", load_m3: 5, x: 2, y: 0 },
    { kind: "deliver", id: "E", arrive: "2026-11-30T09:05:00Z", leave: "2026-11-30T09:15:00Z", load_m3: 3, x: 3, y: 0 },
  ],
};

test("a truck's day has no gap and no overlap, and waits before it fills", () => {
  const parts = partsOf(route);
  assert.deepEqual(parts.map((p) => p.kind), ["drive", "wait", "fill", "drive", "deliver", "drive", "deliver"]);
  for (let k = 1; k < parts.length; k++) assert.equal(parts[k].from_ms, parts[k - 1].to_ms);
  assert.equal(parts[1].to_ms - parts[1].from_ms, 300_000);
  assert.deepEqual(loadOf(route), { m3: 8, trips: 1 });
  assert.deepEqual(spanOf([route]), { from_ms: Date.parse("2026-11-30T08:00Z"), to_ms: Date.parse("2026-11-30T09:15Z") });
  assert.equal(spanOf([]), null);
});

test("steps of an order: those of its state, with what was typed and no more", () => {
  const table = { transitions: [{ action: "file", from: ["study"] }, { action: "amend", from: ["study", "approved"] }] };
  assert.deepEqual(openSteps(table, "approved").map((s) => s.action), ["amend"]);
  assert.deepEqual(detailsOf("extend", { end: "2026-11-30T10:00", reason: "  ", other: "x" }), { end: "2026-11-30T10:00" });
  assert.deepEqual(detailsOf("file", { end: "x" }), {});
  assert.deepEqual(missingFacts({ facts_needed: ["filled", "vented"], order: { facts: [{ name: "filled" }] } }), ["vented"]);
});

test("orders with the nearest deadline stand first, those without one last", () => {
  const rows = [{ due: null }, { due: { at: "2026-12-02T00:00Z" } }, { due: { at: "2026-12-01T00:00Z" } }];
  assert.deepEqual(bySoonest(rows).map((r) => r.due?.at ?? ""), ["2026-12-01T00:00Z", "2026-12-02T00:00Z", ""]);
});

test("periods are named as the service names them", () => {
  const day = "2026-10-05";
  assert.deepEqual(["day", "month", "quarter", "year"].map((kind) => periodOf(kind, day)), [day, "2026-10", "2026-Q4", "2026"]);
  assert.equal(periodOf("quarter", "2026-03-31"), "2026-Q1");
});

test("a crew is sent where it can go, and says why not", () => {
  const crew = { id: "A", media: ["water"], skills: ["repair"], available: true, on_duty: true, work: null, at: { x: 0, y: 0, job: "", since: null } };
  const job = { id: "INC-1", medium: "water", skill: "repair" };
  const option = { crew: "A", drive_s: 60, drive_m: 900, arrives: "2026-11-30T08:00:00Z" };
  const sent = { job: "INC-1", arrives: "2026-11-30T08:00:00Z" };
  const cases = [
    [{}, option, ""],
    [{}, undefined, "no-road"],
    [{ available: false }, option, "away"],
    [{ media: ["gas"] }, option, "medium"],
    [{ skills: ["visit"] }, option, "skill"],
    [{ on_duty: false }, option, "off-duty"],
    [{ work: sent }, option, "sent"],
    [{ work: { ...sent, job: "INC-2" } }, option, "works"],
  ];
  for (const [more, way, why] of cases) assert.equal(against({ ...crew, ...more }, job, way, true), why);
  assert.equal(against(crew, job, undefined, false), "unknown");
  const before = Date.parse("2026-11-30T07:00:00Z");
  assert.equal(doingOf({ ...crew, work: sent }, before), "drives");
  assert.equal(doingOf({ ...crew, work: sent, at: { job: "INC-1" } }, before), "works");
  assert.equal(doingOf({ ...crew, work: sent }, before + 7.2e6), "works");
  const later = { ...option, arrives: "2026-11-30T09:00:00Z" };
  const rows = crewsBySoonest([{ id: "lost" }, { id: "B" }, { id: "A" }], new Map([["A", option], ["B", later]]));
  assert.deepEqual(rows.map((one) => one.id), ["A", "B", "lost"]);
});

test("letters of places beside each other do not run into one another or out of the picture", () => {
  const box = { x: 0, y: 0, w: 420, h: 200 };
  const places = [[50, 100], [58, 104], [66, 100], [412, 60], [405, 190]].map(([x, y], k) => ({ x, y, text: `${k},1${k},2${k}` }));
  const labels = labelsOf(places, box, 10);
  const rooms = labels.map(({ x, y, text, anchor }) => {
    const w = text.length * 15 * 0.62;
    return { l: anchor === "start" ? x : anchor === "end" ? x - w : x - w / 2, w, t: y - 12 };
  });
  for (const a of rooms) {
    assert.ok(a.l >= 0 && a.l + a.w <= 420 && a.t >= 0 && a.t + 15 <= 200);
    for (const b of rooms) if (a !== b) assert.ok(a.l + a.w <= b.l || b.l + b.w <= a.l || a.t + 15 <= b.t || b.t + 15 <= a.t);
  }
});
