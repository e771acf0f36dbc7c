// Positions on paths, and what they add up to at a moment.
import { ENDS, type Battery, type Ends, type Path, type View } from './data';

export const NODE = 4;

/** East, north, height [m] at a moment, held at the ends. */
export function placeAt(path: Path, t_s: number): [number, number, number] {
  let i = 0;
  while (i + NODE < path.length && path[i + NODE]! <= t_s) i += NODE;
  const j = Math.min(i + NODE, path.length - NODE);
  const span = path[j]! - path[i]!;
  const share = span > 0 ? Math.min(Math.max((t_s - path[i]!) / span, 0), 1) : 0;
  const mix = (k: number) => path[i + k]! + share * (path[j + k]! - path[i + k]!);
  return [mix(1), mix(2), mix(3)];
}

export interface Counts extends Ends {
  launched: number;
  in_flight: number;
}

/** What has become of the objects launched so far. */
export function countsAt(view: View, t_s: number): Counts {
  const counts = { launched: 0, in_flight: 0, ...Object.fromEntries(ENDS.map((end) => [end, 0])) } as Counts;
  for (const threat of view.threats) {
    if (threat.from_s > t_s) continue;
    counts.launched += 1;
    if (threat.end_s > t_s) counts.in_flight += 1;
    else counts[threat.end] += 1;
  }
  return counts;
}

/** Last entry of a list [t, ...] at or before a moment; the first of all if none is. */
export function lastBefore<T extends [number, ...unknown[]]>(entries: T[], t_s: number): T {
  let found = entries[0]!;
  for (const entry of entries) if (entry[0] <= t_s) found = entry;
  return found;
}

export function roundsAt(battery: Battery, t_s: number): number {
  return lastBefore(battery.rounds, t_s)[1];
}

/** Where a battery stands and in what state; null before it has arrived or after it has left. */
export function standing(battery: Battery, t_s: number): { state: string; east_m: number; north_m: number } | null {
  if (battery.states[0]![0] > t_s) return null;
  const [, state, east_m, north_m] = lastBefore(battery.states, t_s);
  return state === 'left' ? null : { state, east_m, north_m };
}

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
  high: number;
}

const OUTER_SHARE = 0.06;

/** Box of what flew [m], but for the outermost few, so that one long flight does not make all others small. */
export function boundsOf(views: View[]): Bounds {
  const ends: [number, number][] = [];
  const tops: number[] = [];
  for (const view of views) {
    for (const { path, rest } of view.threats) {
      const last = rest.length ? rest : path;
      ends.push([path[1]!, path[2]!], [last[last.length - 3]!, last[last.length - 2]!]);
      let top = 0;
      for (let i = 3; i < path.length; i += NODE) top = Math.max(top, path[i]!);
      tops.push(top);
    }
    for (const shot of view.interceptors) ends.push([shot.path[1]!, shot.path[2]!]);
  }
  const inner = (values: number[], share: number): number => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  };
  const [easts, norths] = [ends.map((end) => end[0]), ends.map((end) => end[1])];
  return {
    west: inner(easts, OUTER_SHARE),
    south: inner(norths, OUTER_SHARE),
    east: inner(easts, 1 - OUTER_SHARE),
    north: inner(norths, 1 - OUTER_SHARE),
    high: inner(tops, 0.85),
  };
}

/** Middle of the first nodes, and middle of the last: whence a raid comes and where it goes [m]. */
export function flow(views: View[]): { from: [number, number]; to: [number, number] } {
  const sum = [0, 0, 0, 0];
  let n = 0;
  for (const view of views) {
    for (const { path, rest } of view.threats) {
      const last = rest.length ? rest : path;
      n += 1;
      sum[0]! += path[1]!;
      sum[1]! += path[2]!;
      sum[2]! += last[last.length - 3]!;
      sum[3]! += last[last.length - 2]!;
    }
  }
  const mean = sum.map((value) => value / Math.max(n, 1));
  return { from: [mean[0]!, mean[1]!], to: [mean[2]!, mean[3]!] };
}
