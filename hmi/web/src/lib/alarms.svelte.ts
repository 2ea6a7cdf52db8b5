/** Alarms that are not normal, kept up to date by events and checked against the server. */

import { get, post } from "./api";
import { room } from "./room.svelte";
import { type Alarm, type JournalEntry, PRIORITIES, type Priority } from "./types";

const RANK: Record<Priority, number> = { urgent: 0, high: 1, medium: 2, low: 3 };
const RECHECK_MS = 30_000;
const EVENTS_KEPT = 500;

function order(a: Alarm, b: Alarm): number {
  // What stands comes before what has gone by itself; what waits before what is known.
  const gone = Number(a.state === "returned") - Number(b.state === "returned");
  const unseen = Number(waiting(b)) - Number(waiting(a));
  return gone || unseen || RANK[a.priority] - RANK[b.priority] || b.raised_ns - a.raised_ns;
}

class Alarms {
  /** Every alarm that is not normal or is held. */
  all = $state.raw<Alarm[]>([]);
  /** Those that an operator is to see. */
  list = $derived(this.all.filter((alarm) => !alarm.held));
  /** Events since the page was opened, newest first. */
  events = $state.raw<JournalEntry[]>([]);
  error = $state<unknown>(null);
  loaded = $state(false);

  counts = $derived(
    Object.fromEntries(
      PRIORITIES.map((p) => [
        p,
        {
          all: this.list.filter((a) => a.priority === p).length,
          waiting: this.list.filter((a) => a.priority === p && waiting(a)).length,
        },
      ]),
    ) as Record<Priority, { all: number; waiting: number }>,
  );

  /** The gravest alarm of each source. */
  bySource = $derived.by(() => {
    const found = new Map<string, Alarm>();
    for (const alarm of this.list) {
      const other = found.get(alarm.source);
      if (!other || RANK[alarm.priority] < RANK[other.priority]) found.set(alarm.source, alarm);
    }
    return found;
  });

  start(): void {
    setInterval(() => void this.refresh(), RECHECK_MS);
  }

  async refresh(): Promise<void> {
    try {
      const answer = await get<{ alarms: Alarm[] }>("/api/alarms");
      this.all = answer.alarms.toSorted(order);
      this.error = null;
      this.loaded = true;
    } catch (error) {
      this.error = error;
    }
  }

  take(event: JournalEntry): void {
    this.events = [event, ...this.events].slice(0, EVENTS_KEPT);
    if (event.kind === "command") return;
    const others = this.all.filter((a) => a.id !== event.id);
    const gone = event.state === "normal" && !event.held;
    this.all = gone ? others : [...others, event].toSorted(order);
  }

  async acknowledge(ids: string[], comment: string): Promise<{ id: string; reason: string }[]> {
    const answer = await post<{ acknowledged: string[]; refused: { id: string; reason: string }[] }>(
      "/api/alarms/acknowledge",
      { ids, user: room.operator, comment },
    );
    await this.refresh();
    return answer.refused;
  }
}

export const alarms = new Alarms();

/** Whether an acknowledgement is still awaited. */
export function waiting(alarm: Alarm): boolean {
  return !alarm.held && ["unacknowledged", "returned", "latched"].includes(alarm.state);
}
