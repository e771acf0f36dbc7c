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

/** Box of everything that flew [m]. */
export function boundsOf(views: View[]): Bounds {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity, high: 0 };
  const take = (path: Path) => {
    for (let i = 0; i < path.length; i += NODE) {
      box.west = Math.min(box.west, path[i + 1]!);
      box.east = Math.max(box.east, path[i + 1]!);
      box.south = Math.min(box.south, path[i + 2]!);
      box.north = Math.max(box.north, path[i + 2]!);
      box.high = Math.max(box.high, path[i + 3]!);
    }
  };
  for (const view of views) {
    for (const threat of view.threats) {
      take(threat.path);
      take(threat.rest);
    }
    for (const shot of view.interceptors) take(shot.path);
  }
  return box;
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
