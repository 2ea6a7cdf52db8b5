/** Crews and what they can be sent to, as the server tells them. */

export interface Crew {
  id: string;
  name_zh: string;
  name_en: string;
  media: string[];
  skills: string[];
  vehicle: string;
  hours: [string, string] | null;
  available: boolean;
  on_duty: boolean;
  work: { job: string; medium: string; since: string; by: string; arrives: string; until: string | null } | null;
  /** Where it is; `job` is the one it was at last, empty: where its line in the table says. */
  at: { x: number; y: number; job: string; since: string | null };
}

export interface Job {
  id: string;
  book: "incident" | "outage" | "work";
  about: string;
  medium: string;
  skill: string;
  place: [number, number] | null;
  due: string | null;
  crews: string[];
}

export interface Option {
  crew: string;
  drive_s: number;
  drive_m: number;
  leaves: string | null;
  arrives: string | null;
  late: boolean | null;
  works_on: string | null;
}

export type Doing = "away" | "works" | "drives" | "off-duty" | "free";

export function doingOf(crew: Crew, nowMs: number): Doing {
  if (!crew.available) return "away";
  if (crew.work) return Date.parse(crew.work.arrives) > nowMs && crew.at.job !== crew.work.job ? "drives" : "works";
  return crew.on_duty ? "free" : "off-duty";
}

/** Why a crew cannot be sent to a job, as the key of a text; "" when it can. `searched`: all ways are known. */
export function against(crew: Crew, job: Job, option: Option | undefined, searched: boolean): string {
  if (!crew.available) return "away";
  if (!crew.media.includes(job.medium)) return "medium";
  if (!crew.skills.includes(job.skill)) return "skill";
  if (crew.work?.job === job.id) return "sent";
  if (crew.work) return "works";
  if (!crew.on_duty) return "off-duty";
  if (option) return "";
  return searched ? "no-road" : "unknown";
}

/** Crews with the soonest on site in front; those who cannot go last. */
export function bySoonest(crews: Crew[], options: Map<string, Option>): Crew[] {
  const when = (crew: Crew) => Date.parse(options.get(crew.id)?.arrives ?? "") || Infinity;
  const drive = (crew: Crew) => options.get(crew.id)?.drive_s ?? Infinity;
  const order = (a: number, b: number) => (a === b ? 0 : a - b);
  return crews.toSorted((a, b) => order(when(a), when(b)) || order(drive(a), drive(b)));
}
