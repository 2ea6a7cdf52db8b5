/** Courses that only rise, as steps over time: how many have fallen below a limit by each hour. */

export interface Course {
  label: string;
  /** (hour, count) at each change, from (0, count at the start). */
  steps: [number, number][];
}

/** The course of `falls`: hours at which something happens, with how much it counts. */
export function courseOf(label: string, falls: { at_h: number | null; count: number }[], until_h: number): Course {
  const known = falls.filter((f): f is { at_h: number; count: number } => f.at_h !== null && f.at_h <= until_h);
  const steps: [number, number][] = [[0, 0]];
  for (const { at_h, count } of known.toSorted((a, b) => a.at_h - b.at_h)) {
    const last = steps[steps.length - 1];
    if (last[0] === at_h) last[1] += count;
    else steps.push([at_h, last[1] + count]);
  }
  return { label, steps };
}

/** What the course says at an hour. */
export function valueAt(course: Course, hour: number): number {
  return course.steps.findLast(([at]) => at <= hour)?.[1] ?? 0;
}

/** A round step for an axis of about so many marks. */
export function niceStep(most: number, marks: number): number {
  const rough = most / Math.max(marks, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough) ?? rough;
}
