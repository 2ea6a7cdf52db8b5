/**
 * The live values. They stand in typed arrays outside reactive state; `tick` moves when they change,
 * at most a few times a second, and what shows them reads it.
 */

import { alarms } from "./alarms.svelte";
import { CHANGES, type Frame, SNAPSHOT, STATE, type StateFrame, type Utility, decodeFrame } from "./frames";
import { session } from "./session.svelte";
import type { JournalEntry, LinkRow, StateInfo } from "./types";

export type Connection = "connecting" | "up" | "down";

const RETRY_MS = [500, 1000, 2000, 4000, 5000];
/** So many seconds without a frame, and the connection is taken for dead. */
const SILENT_S = 6;
/** Smaller changes of the clocks' difference are the way of the frame, not the clocks. */
const SKEW_STEP_MS = 500;
/** Values older than this make the banner "no data since". */
export const STALE_MS = 10_000;

class Live {
  value = new Float64Array(0);
  quality = new Uint32Array(0);
  sourceMs = new Float64Array(0);
  model = new Float64Array(0);
  modelQuality = new Uint32Array(0);
  readonly states: Partial<Record<Utility, StateFrame>> = {};

  tick = $state(0);
  stateTick = $state(0);
  connection = $state<Connection>("connecting");
  /** When the newest value arrived at the server; 0: none yet. */
  dataMs = $state(0);
  /** Server clock minus this machine's, ms. */
  skewMs = $state(0);
  nowMs = $state(Date.now());
  links = $state.raw<LinkRow[]>([]);
  stateInfo = $state.raw<Partial<Record<Utility, StateInfo>>>({});

  #socket: WebSocket | null = null;
  #sequence = -1;
  #points = "";
  #attempt = 0;
  /** Seconds in which nothing was heard; counted, so that a page that stood still is not misled. */
  #silent = 0;

  start(points: number): void {
    this.value = new Float64Array(points).fill(NaN);
    this.quality = new Uint32Array(points);
    this.sourceMs = new Float64Array(points).fill(NaN);
    this.model = new Float64Array(points).fill(NaN);
    this.modelQuality = new Uint32Array(points);
    this.#connect();
    setInterval(() => {
      this.nowMs = Date.now() + this.skewMs;
      this.#silent += 1;
      if (this.connection === "up" && this.#silent > SILENT_S) this.#socket?.close();
    }, 1000);
  }

  /** Whether values are older than an operator may take for the present. */
  get stale(): boolean {
    return this.connection !== "up" || this.dataMs === 0 || this.nowMs - this.dataMs > STALE_MS;
  }

  #connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/stream`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#sequence = -1;
    socket.onopen = () => {
      this.#silent = 0;
      this.#attempt = 0;
      this.connection = "up";
      void alarms.refresh();
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      this.#silent = 0;
      if (typeof event.data === "string") this.#takeText(event.data);
      else if (!this.#takeFrame(decodeFrame(event.data))) socket.close();
    };
    socket.onclose = () => {
      this.connection = "down";
      void session.load(); // it may have been closed because the session has ended
      const wait = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)];
      setTimeout(() => this.#connect(), wait);
    };
  }

  #takeText(text: string): void {
    const message = JSON.parse(text) as { type: string };
    if (message.type === "alarm") alarms.take((message as { type: string; event: JournalEntry }).event);
    else if (message.type === "site") this.#takeSite((message as { type: string; points: string }).points);
    else if (message.type === "links") this.links = (message as { type: string; links: LinkRow[] }).links;
    else if (message.type === "state") {
      const info = message as unknown as StateInfo;
      this.stateInfo = { ...this.stateInfo, [info.utility]: info };
    }
  }

  /** Another point list gives other meanings to the numbers of points: the page begins anew. */
  #takeSite(points: string): void {
    if (this.#points && points !== this.#points) location.reload();
    this.#points = points;
  }

  /** False when frames were lost, so that a new connection brings a fresh snapshot. */
  #takeFrame(frame: Frame): boolean {
    const first = this.#sequence < 0 || frame.sequence === this.#sequence;
    const next = frame.sequence === ((this.#sequence + 1) >>> 0);
    if (frame.kind === SNAPSHOT ? !first : frame.kind === CHANGES ? !next : !first && !next) return false;
    this.#sequence = frame.sequence;
    const skew = frame.sentMs - Date.now();
    if (Math.abs(skew - this.skewMs) > SKEW_STEP_MS) this.skewMs = skew;
    if (frame.kind === STATE) {
      this.states[frame.utility] = frame;
      this.stateTick += 1;
      return true;
    }
    const measured = frame.origin === "measured";
    const value = measured ? this.value : this.model;
    const quality = measured ? this.quality : this.modelQuality;
    for (let k = 0; k < frame.point.length; k++) {
      const handle = frame.point[k];
      value[handle] = frame.value[k];
      quality[handle] = frame.quality[k];
      if (measured) this.sourceMs[handle] = frame.sourceMs[k];
    }
    if (measured) this.dataMs = frame.dataMs;
    if (frame.point.length) this.tick += 1;
    return true;
  }
}

export const live = new Live();
